# The name of the build, which is stored with every result. Written at build time, so that a new
# commit does not require a new configuration, and rewritten only if it changes.
set(COX_VERSION_HEADER ${CMAKE_BINARY_DIR}/generated/cox_version.h)
add_custom_target(cox_version_header
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
    -DTYPE=${CMAKE_BUILD_TYPE} -DOUTPUT=${COX_VERSION_HEADER}
    -P ${CMAKE_SOURCE_DIR}/scripts/cmake/write_version.cmake
  BYPRODUCTS ${COX_VERSION_HEADER}
  VERBATIM)
add_library(cox_version INTERFACE)
target_include_directories(cox_version INTERFACE ${CMAKE_BINARY_DIR}/generated)
add_dependencies(cox_version cox_version_header)
