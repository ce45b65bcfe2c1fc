# The kinds of target, each with the same flags.

include(${CMAKE_CURRENT_LIST_DIR}/Ccache.cmake)

set(CORDWOOD_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
option(CORDWOOD_LIBRARY_ASSERTIONS "Let the standard library check its preconditions" OFF)
option(CORDWOOD_HARDEN "Compile and link with hardening flags" OFF)

# How many files a batch has, where CMAKE_UNITY_BUILD says that there are batches. The headers of
# the standard library take most of the time of a file, and a batch reads them once.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)

# cordwood_compile_alone(a.cc...): files that are in no batch, because they have names of their own
# that other files have, too.
function(cordwood_compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

add_library(cordwood_flags INTERFACE)
target_include_directories(cordwood_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(cordwood_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror
  -Wno-missing-field-initializers  # designated initializers leave the defaults alone
  -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Clang counts signedness under -Wconversion, GCC does not in C++: one rule for both.
  target_compile_options(cordwood_flags INTERFACE -Wno-sign-conversion -Wthread-safety)
endif()
if(CORDWOOD_LIBRARY_ASSERTIONS)
  target_compile_definitions(cordwood_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(CORDWOOD_SANITIZE)
  target_compile_options(cordwood_flags INTERFACE
    -fsanitize=${CORDWOOD_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(cordwood_flags INTERFACE -fsanitize=${CORDWOOD_SANITIZE})
  if(CORDWOOD_SANITIZE MATCHES thread)
    # It does not know fences, which asio sets beside the locks that order its handlers.
    target_compile_definitions(cordwood_flags INTERFACE ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # CMake's -flto optimises with one processor, and warns that it does.
  set(CMAKE_CXX_COMPILE_OPTIONS_IPO -flto=auto -fno-fat-lto-objects)
  set(CMAKE_CXX_LINK_OPTIONS_IPO -flto=auto)
endif()
if(CORDWOOD_HARDEN)
  include(${CMAKE_CURRENT_LIST_DIR}/Hardening.cmake)
endif()

# What a long-running program allocates with. Programs link it; libraries and tests do not.
add_library(cordwood_allocator INTERFACE)
if(NOT CORDWOOD_SANITIZE)
  pkg_check_modules(JEMALLOC IMPORTED_TARGET jemalloc)
  if(JEMALLOC_FOUND)
    target_link_libraries(cordwood_allocator INTERFACE PkgConfig::JEMALLOC)
  endif()
endif()

# cordwood_library(NAME SOURCES a.cc b.cc DEPENDS x y): one static library a folder.
function(cordwood_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC cordwood_flags ${ARG_DEPENDS})
endfunction()

# cordwood_program(NAME SOURCES main.cc DEPENDS x y)
function(cordwood_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE cordwood_flags ${ARG_DEPENDS})
endfunction()

# cordwood_test(NAME SOURCES a_test.cc DEPENDS x y [LABELS l] [TIMEOUT seconds] [SERIAL]):
# one test binary a folder. SERIAL: nothing else runs beside it, for tests that measure time.
# The time limit is the runner's (300 s, see scripts/test) unless TIMEOUT gives a longer one.
function(cordwood_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE
    cordwood_flags ${ARG_DEPENDS} GTest::gtest GTest::gtest_main)
  cordwood_reuse_gtest_header(${name})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" RUN_SERIAL ${ARG_SERIAL})
  if(ARG_TIMEOUT)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  endif()
endfunction()

# Twelve small test files compile in 32 s of processor time without this and in 23 s with it. The
# presets with clang do without, which shows a test that forgot to include what it uses.
function(cordwood_reuse_gtest_header name)
  if(NOT TARGET cordwood_gtest_header)
    file(WRITE ${PROJECT_BINARY_DIR}/gtest_header.cc "")
    add_library(cordwood_gtest_header STATIC ${PROJECT_BINARY_DIR}/gtest_header.cc)
    target_link_libraries(cordwood_gtest_header PRIVATE cordwood_flags GTest::gtest)
    target_precompile_headers(cordwood_gtest_header PRIVATE <gtest/gtest.h>)
  endif()
  target_precompile_headers(${name} REUSE_FROM cordwood_gtest_header)
endfunction()

# cordwood_fuzzer(NAME SOURCES a_fuzz.cc DEPENDS x y [TIMEOUT seconds]): a fuzz target
# (tests/fuzz/fuzz_target.h). A test that tests/fuzz/driver.cc runs; in the preset `fuzz` a program
# of libFuzzer's, built by the target `fuzzers`.
function(cordwood_fuzzer name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE cordwood_flags ${ARG_DEPENDS})
  if(CORDWOOD_FUZZ)
    target_link_libraries(${name} PRIVATE cordwood_libfuzzer_corpus)
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name})
    return()
  endif()
  target_link_libraries(${name} PRIVATE cordwood_fuzz_driver)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS fuzz)
  if(ARG_TIMEOUT)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  endif()
endfunction()
if(CORDWOOD_FUZZ)
  add_custom_target(fuzzers)
endif()
