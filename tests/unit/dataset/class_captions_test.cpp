#include "coordinator/dataset/class_captions.h"

#include <catch2/catch.hpp>

using namespace cox::dataset;

TEST_CASE("Class names split at capitals, with a few exceptions") {
  CHECK(class_words("ApplyEyeMakeup") == "apply eye makeup");
  CHECK(class_words("Archery") == "archery");
  CHECK(class_words("YoYo") == "yo-yo");
  CHECK(class_words("TaiChi") == "tai chi");
  CHECK(class_words("HandstandPushups") == "handstand push-ups");
  CHECK(class_words("HandStandPushups") == "handstand push-ups");
}

TEST_CASE("A template that names no class would caption all alike and is refused") {
  CHECK_FALSE(ClassCaptions::read("a video", "").is_ok());
  CHECK(*ClassCaptions::read("{class}!", "").value().for_class("LongJump") == "long jump!");
}
