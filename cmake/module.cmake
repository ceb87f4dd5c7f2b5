# pharos_module(NAME [MODULES …] [LIBRARIES …]): src/NAME as the static library pharos_NAME (alias
# pharos::NAME) from every .cpp below it, and its *_test.cpp as the test binary NAME_test and its
# *_bench.cpp as the google-benchmark binary NAME_bench. MODULES are the Pharos modules its headers
# use, LIBRARIES the third-party targets its sources use.
set(PHAROS_TEST_SECONDS 600)

function(pharos_module name)
  cmake_parse_arguments(arg "" "" "MODULES;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  set(benches ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|_bench|/main)\\.cpp$")
  pharos_fuzzed(${name} sources)

  if(NOT sources)
    file(WRITE ${CMAKE_BINARY_DIR}/${name}_empty.cpp "")
    set(sources ${CMAKE_BINARY_DIR}/${name}_empty.cpp)
  endif()
  add_library(pharos_${name} STATIC ${sources})
  add_library(pharos::${name} ALIAS pharos_${name})
  target_include_directories(pharos_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM arg_MODULES PREPEND pharos::)
  target_link_libraries(pharos_${name} PUBLIC ${arg_MODULES} PRIVATE ${arg_LIBRARIES} Threads::Threads)
  pharos_precompile(pharos_${name})

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE pharos::${name} ${arg_LIBRARIES})
    pharos_test(${name}_test)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${PHAROS_TEST_SECONDS} SKIP_RETURN_CODE 77)
  endif()
  if(benches)
    add_executable(${name}_bench EXCLUDE_FROM_ALL ${benches})
    target_link_libraries(${name}_bench PRIVATE pharos::${name} ${arg_LIBRARIES} dep::benchmark -lbenchmark_main Threads::Threads)
    pharos_precompile(${name}_bench)
  endif()
endfunction()

# What a GoogleTest binary needs. What is tested is optimized, not the tests, nor are they instrumented for coverage: with
# that they compile in half the time, under the sanitizers in a quarter of it.
function(pharos_test target)
  set(libraries GTest::gtest GTest::gmock)
  # EXPECT_… behind an `if` is written so that no `else` is ambiguous; out of a precompiled header g++ warns of it all the same.
  set(options -O0 -Wno-dangling-else $<$<BOOL:${PHAROS_FUZZ}>:-fno-sanitize=fuzzer-no-link>)
  target_link_libraries(${target} PRIVATE ${libraries} GTest::gtest_main)
  target_compile_options(${target} PRIVATE ${options})
  if(PHAROS_PCH)
    pharos_precompiled(pharos_pch_test HEADERS <gmock/gmock.h> <gtest/gtest.h> LIBRARIES ${libraries} OPTIONS ${options})
    target_precompile_headers(${target} REUSE_FROM pharos_pch_test)
  endif()
endfunction()

# One precompiled header of the standard library, built once for libraries and once for executables.
function(pharos_precompile target)
  if(PHAROS_PCH)
    get_target_property(type ${target} TYPE)
    pharos_precompiled(pharos_pch_${type})
    target_precompile_headers(${target} REUSE_FROM pharos_pch_${type})
  endif()
endfunction()

# pharos_precompiled(NAME [HEADERS …] [LIBRARIES …] [OPTIONS …]): the target whose precompiled header others reuse:
# the standard library and HEADERS, compiled as its users are.
function(pharos_precompiled name)
  if(TARGET ${name})
    return()
  endif()
  cmake_parse_arguments(arg "" "" "HEADERS;LIBRARIES;OPTIONS" ${ARGN})
  file(WRITE ${CMAKE_BINARY_DIR}/${name}.cpp.in "int ${name}_anchor;\n")
  configure_file(${CMAKE_BINARY_DIR}/${name}.cpp.in ${CMAKE_BINARY_DIR}/${name}.cpp COPYONLY)
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE Threads::Threads ${arg_LIBRARIES})
  target_compile_options(${name} PRIVATE ${arg_OPTIONS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_precompile_headers(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src/base/standard.hpp ${arg_HEADERS})
endfunction()
