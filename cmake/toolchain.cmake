# How everything here is compiled and where it is put. The build tree has the layout of an installed copy, so that the
# host finds plugins and profiles the same way in both.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What it is to ignore so that it works beside precompiled headers (its manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(TOMADA_PLUGIN_DIR lib/tomada/plugins)
set(TOMADA_SHARE_DIR share/tomada)

add_compile_options(-Wall -Wextra -Wpedantic $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local> -Wnon-virtual-dtor
  -Wno-missing-field-initializers)

# address,undefined or thread. -Og keeps reports readable, -g1 is what they print (files and lines); together they take
# half as long to compile as -O1 -g, and the suite runs as fast.
set(TOMADA_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")
if(TOMADA_SANITIZE)
  add_compile_options(-fsanitize=${TOMADA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -Og -g1)
  add_link_options(-fsanitize=${TOMADA_SANITIZE})
  if(TOMADA_SANITIZE STREQUAL "thread")
    include_directories(BEFORE SYSTEM ${PROJECT_SOURCE_DIR}/cmake/tsan)
  endif()
  # libFuzzer comes with clang alone. The same build serves the tests, so that the product is compiled once for both.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND TOMADA_SANITIZE MATCHES "address")
    set(TOMADA_FUZZERS ON)
    # clang cannot assemble a coroutine with this check.
    add_compile_options(-fno-sanitize=function)
    add_compile_definitions(__SANITIZE_ADDRESS__)  # as gcc does by itself
  endif()
else()
  # Release keeps the hardening that Debian gives its own packages.
  add_compile_options(-fstack-protector-strong $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
