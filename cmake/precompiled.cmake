# tomada_precompile(TARGET KIND): gives a target the headers that nearly every source includes, parsed once for all of
# its kind. Parsing is half of what a source takes to compile. A source still includes what it uses: `scripts/check`
# parses the product without these.
#
# gcc takes such a header only under the flags that it was made with, so there is one for each kind of code: `core`,
# `plugins` (hidden symbols) and `tests` (programs, and what only they link).
function(tomada_precompile target kind)
  tomada_kind_of_code(${target} ${kind})
  target_precompile_headers(${target} REUSE_FROM tomada_precompiled_${kind})
endfunction()

function(tomada_kind_of_code target kind)
  # hiredis and gRPC ask for the first two.
  target_compile_definitions(${target} PRIVATE _FILE_OFFSET_BITS=64)
  target_compile_options(${target} PRIVATE -pthread)
  target_link_libraries(${target} PRIVATE fmt::fmt)
  if(kind STREQUAL "plugins")
    set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  endif()
  if(NOT kind STREQUAL "tests")
    if(TOMADA_FUZZERS)  # which follow what they reach
      target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
  else()
    # What is tested is built as it ships, and with every check; the tests themselves only have to build soon. Without
    # those of undefined behaviour they do in two thirds of the time.
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
    if(TOMADA_SANITIZE)
      target_compile_options(${target} PRIVATE -fno-sanitize=undefined)
    endif()
    target_link_libraries(${target} PRIVATE GTest::gmock)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)  # a program's code is not a library's
  endif()
endfunction()

foreach(kind core plugins tests)
  set(header ${PROJECT_SOURCE_DIR}/cmake/precompiled/$<IF:$<STREQUAL:${kind},tests>,tests.h,product.h>)
  add_library(tomada_precompiled_${kind} OBJECT cmake/precompiled/empty.cpp)
  tomada_kind_of_code(tomada_precompiled_${kind} ${kind})
  # Not tomada::tomada, which is built with one of these.
  target_include_directories(tomada_precompiled_${kind} PRIVATE ${PROJECT_SOURCE_DIR}/core/api)
  target_link_libraries(tomada_precompiled_${kind} PRIVATE protobuf::libprotobuf absl::status absl::statusor absl::time)
  target_precompile_headers(tomada_precompiled_${kind} PRIVATE ${header})
endforeach()
