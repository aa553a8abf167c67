# How our targets are declared: one set of warnings, one include root, precompiled headers.

# The headers of LibTorch, gRPC, Catch2 and CLI11 take seconds to read, our own fractions of one. Sets
# of them are compiled once, each by the target that owns it; the targets of a folder take the set
# that COX_HEADERS names there ("" = none). Off, a file that lacks an include of its own is found.
option(COX_PRECOMPILE "Precompile the headers of LibTorch, gRPC, Catch2 and CLI11" ON)
set(COX_HEADERS "")
if(COX_PRECOMPILE)
  # Some libraries ask for it, and a precompiled header serves only files compiled alike.
  add_compile_options(-pthread)
endif()

# Every owner brings these along.
set(COX_STANDARD_HEADERS <algorithm> <chrono> <cstdint> <functional> <map> <memory> <mutex>
  <optional> <set> <sstream> <string> <unordered_map> <utility> <vector>)
# What most files outside the engine read beyond those.
set(COX_COMMON_HEADERS <array> <cmath> <condition_variable> <deque> <filesystem> <fstream> <numeric>
  <thread> <variant> <fmt/format.h> <nlohmann/json.hpp>)

# cox_own_headers(TARGET HEADER ...)
function(cox_own_headers target)
  if(COX_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${COX_STANDARD_HEADERS} ${ARGN})
  endif()
endfunction()

# cox_take_headers(TARGET OWNER)
function(cox_take_headers target owner)
  if(COX_PRECOMPILE AND owner AND NOT owner STREQUAL target)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

# Code that is compiled more often than it runs: command lines and test cases. The header-only
# CLI11 and Catch2 cost their optimizer several times their reading.
set(COX_COMMAND_LINE_OPTIONS -O1)
set(COX_TEST_OPTIONS -O0)

set(COX_TEST_TIME_FACTOR 1 CACHE STRING "How much longer tests may take: checkers slow them down")

set(COX_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
# GCC 12 reports overlapping copies inside its own std::string (its bug 105329): -Wno-restrict.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND COX_WARNINGS -Wno-restrict)
endif()

# In batches of files (CMAKE_UNITY_BUILD, as the presets have it) headers are read, and what they define
# is instantiated, once a batch: twice as many files in each need a quarter less time. What is in a
# file's anonymous namespace must then have a name of its own within the target. GCC takes the batch
# for the one file that such a name should not leave.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND COX_WARNINGS -Wno-subobject-linkage)
endif()

function(cox_common target)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_options(${target} PRIVATE ${COX_WARNINGS})
endfunction()

# cox_library(NAME SOURCES a.cpp ... [PUBLIC lib ...] [PRIVATE lib ...])
function(cox_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  cox_common(${name})
  cox_take_headers(${name} "${COX_HEADERS}")
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# cox_program(NAME SOURCES a.cpp ... LINK lib ...)
function(cox_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  cox_common(${name})
  cox_take_headers(${name} "${COX_HEADERS}")
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
endfunction()

# cox_sees_tensors(RESULT TARGET ...): whether LibTorch's headers come with one of the targets.
function(cox_sees_tensors result)
  set(${result} FALSE PARENT_SCOPE)
  foreach(target IN LISTS ARGN)
    if(target STREQUAL "torch_cpu")
      set(${result} TRUE PARENT_SCOPE)
    elseif(TARGET ${target})
      get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
      cox_sees_tensors(found ${links})
      if(found)
        set(${result} TRUE PARENT_SCOPE)
      endif()
    endif()
  endforeach()
endfunction()

# cox_test(NAME LABEL unit|story|parity|fault|e2e SOURCES a_test.cpp ... LINK lib ...
#          [TIMEOUT seconds] [COST seconds] [NEEDS program ...])
# One binary for a folder of tests; NEEDS are programs that the tests start. What takes longest starts
# first, by COST, so that the cores end together. Without the engine (COX_BUILD_ENGINE) the tests of
# what needs it are left out.
function(cox_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT;COST" "SOURCES;LINK;NEEDS" ${ARGN})
  if(NOT COX_BUILD_ENGINE)
    foreach(target IN LISTS ARG_LINK ARG_NEEDS)
      if(target MATCHES "^cox[_-]" AND NOT target MATCHES "^cox[_-]test" AND NOT TARGET ${target})
        message(STATUS "${name} is left out: it needs ${target}")
        return()
      endif()
    endforeach()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * ${COX_TEST_TIME_FACTOR}")
  add_executable(${name} ${ARG_SOURCES})
  cox_common(${name})
  target_compile_options(${name} PRIVATE ${COX_TEST_OPTIONS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} cox_test_main)
  cox_sees_tensors(tensors ${ARG_LINK})
  if(tensors)
    cox_take_headers(${name} cox_tensor_test)
    target_link_libraries(${name} PRIVATE cox_tensor_test)
  else()
    cox_take_headers(${name} cox_catch)
  endif()
  target_compile_definitions(${name} PRIVATE
    COX_SOURCE_DIR="${CMAKE_SOURCE_DIR}" COX_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  if(ARG_NEEDS)
    add_dependencies(${name} ${ARG_NEEDS})
  endif()
  # Each case is counted from the program's own report; scripts/summarize_tests.py adds them up.
  add_test(NAME ${name} COMMAND ${name} --order lex --reporter junit
    --out ${CMAKE_BINARY_DIR}/test-results/${name}.xml)
  # ctest fills the cores with programs: threads of LibTorch's beyond them would wait in busy loops.
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT OMP_NUM_THREADS=1)
  if(ARG_COST)
    set_tests_properties(${name} PROPERTIES COST ${ARG_COST})
  endif()
endfunction()

# cox_embed_texts(OUTPUT file.cpp ROOT folder FILES name ... HEADER header NAMESPACE ns FUNCTION f)
# Compiles text files into a program, as a table by name.
function(cox_embed_texts)
  cmake_parse_arguments(ARG "" "OUTPUT;ROOT;HEADER;NAMESPACE;FUNCTION" "FILES" ${ARGN})
  list(TRANSFORM ARG_FILES PREPEND ${ARG_ROOT}/ OUTPUT_VARIABLE paths)
  set(script ${CMAKE_SOURCE_DIR}/scripts/cmake/embed_texts.cmake)
  add_custom_command(OUTPUT ${ARG_OUTPUT}
    COMMAND ${CMAKE_COMMAND} -DROOT=${ARG_ROOT} "-DFILES=${ARG_FILES}" -DOUTPUT=${ARG_OUTPUT}
      -DHEADER=${ARG_HEADER} -DNAMESPACE=${ARG_NAMESPACE} -DFUNCTION=${ARG_FUNCTION} -P ${script}
    DEPENDS ${paths} ${script}
    VERBATIM)
endfunction()

# cox_metric_table(RESULT LIST metrics.def FOLDERS folder ...)
# A source that defines cox::metric_schemas() from the YAML files of the folders. It is an object of
# its own, so that a program that compiles another one has that one instead of the library's.
function(cox_metric_table result)
  cmake_parse_arguments(ARG "" "LIST" "FOLDERS" ${ARGN})
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(files)
  foreach(folder IN LISTS ARG_FOLDERS)
    file(GLOB found CONFIGURE_DEPENDS ${folder}/*.yaml)
    list(APPEND files ${found})
  endforeach()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/metric_table.cpp)
  set(script ${CMAKE_SOURCE_DIR}/scripts/metric_table.py)
  add_custom_command(OUTPUT ${source}
    COMMAND ${Python3_EXECUTABLE} ${script} --list ${ARG_LIST} --output ${source} ${ARG_FOLDERS}
    DEPENDS ${script} ${ARG_LIST} ${files}
    VERBATIM)
  set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set(${result} ${source} PARENT_SCOPE)
endfunction()
