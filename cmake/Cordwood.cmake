# The three kinds of target, each with the same flags.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

set(CORDWOOD_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

add_library(cordwood_flags INTERFACE)
target_include_directories(cordwood_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(cordwood_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Werror
  -Wno-missing-field-initializers  # designated initializers leave the defaults alone
  -fno-omit-frame-pointer)
if(CORDWOOD_SANITIZE)
  target_compile_options(cordwood_flags INTERFACE -fsanitize=${CORDWOOD_SANITIZE})
  target_link_options(cordwood_flags INTERFACE -fsanitize=${CORDWOOD_SANITIZE})
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

# cordwood_test(NAME SOURCES a_test.cc DEPENDS x y): one test binary a folder.
function(cordwood_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE cordwood_flags ${ARG_DEPENDS} GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
