# The source of every third-party library: Debian's packages, and LibTorch from its wheel.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(nlohmann_json REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(FFmpeg REQUIRED IMPORTED_TARGET libavformat libavcodec libswscale libavutil)
pkg_check_modules(HttpLib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(Rsvg REQUIRED IMPORTED_TARGET librsvg-2.0 cairo-pdf cairo-png)

# ccache, unless the caller chose a launcher. It gets dependencies from the compiler: preprocessing
# the tensor and gRPC headers a second time would add a third to a cold build. It requires the
# sloppiness settings for precompiled headers.
find_program(COX_CCACHE ccache)
if(COX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    env CCACHE_DEPEND=true CCACHE_SLOPPINESS=pch_defines,time_macros ${COX_CCACHE})
endif()

# Debian's binutils include a second linker, which takes a third of the time.
find_program(COX_GOLD ld.gold)
if(COX_GOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=gold)
endif()

if(COX_BUILD_ENGINE)
  pkg_check_modules(SentencePiece REQUIRED IMPORTED_TARGET sentencepiece)
  # LibTorch's own CMake package requires a CUDA toolkit, so its libraries are named here. CUDA is
  # loaded at run time: see engine/device/cuda.cpp.
  find_path(COX_TORCH_INCLUDE ATen/core/Tensor.h REQUIRED NO_DEFAULT_PATH
    PATHS ${COX_LIBTORCH}/torch/include)
  find_library(COX_TORCH_CPU torch_cpu REQUIRED NO_DEFAULT_PATH PATHS ${COX_LIBTORCH}/torch/lib)
  find_library(COX_C10 c10 REQUIRED NO_DEFAULT_PATH PATHS ${COX_LIBTORCH}/torch/lib)
  add_library(torch_cpu INTERFACE IMPORTED)
  target_include_directories(torch_cpu SYSTEM INTERFACE
    ${COX_TORCH_INCLUDE} ${COX_TORCH_INCLUDE}/torch/csrc/api/include)
  # Without it LibTorch headers pull in every operator: 2 to 3 times the compile time.
  # LibTorch includes its own headers of {fmt}, without a library to link, so they are used
  # header-only. Their inline namespace has a version, so they do not clash with the system's.
  target_compile_definitions(torch_cpu INTERFACE AT_PER_OPERATOR_HEADERS FMT_HEADER_ONLY)
  target_link_libraries(torch_cpu INTERFACE ${COX_TORCH_CPU} ${COX_C10} Threads::Threads)
  # Its libraries find each other through their rpath, but the linker does not follow it.
  target_link_options(torch_cpu INTERFACE -Wl,--allow-shlib-undefined
    -Wl,-rpath,${COX_LIBTORCH}/torch/lib)
endif()

if(COX_BUILD_TESTS)
  find_package(Catch2 2 REQUIRED)
endif()
