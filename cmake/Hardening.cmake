# Flags that turn a memory error into an abort, or into something harder to use. Each is probed,
# because compilers and processors differ; what is missing is left out.

include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)

function(cordwood_harden_compile flag)
  string(MAKE_C_IDENTIFIER "CORDWOOD_HAS${flag}" has)
  check_cxx_compiler_flag("-Werror ${flag}" ${has})
  if(${has})
    target_compile_options(cordwood_flags INTERFACE ${flag})
  endif()
endfunction()

function(cordwood_harden_link flag)
  string(MAKE_C_IDENTIFIER "CORDWOOD_HAS${flag}" has)
  set(CMAKE_REQUIRED_LINK_OPTIONS ${flag})
  check_cxx_source_compiles("int main() {}" ${has})
  if(${has})
    target_link_options(cordwood_flags INTERFACE ${flag})
  endif()
endfunction()

cordwood_harden_compile(-fPIE)
cordwood_harden_compile(-fstack-protector-strong)
cordwood_harden_compile(-fstack-clash-protection)
cordwood_harden_compile(-fcf-protection)
cordwood_harden_link(-pie)
cordwood_harden_link(-Wl,-z,relro)
cordwood_harden_link(-Wl,-z,now)

# A definition always compiles: what counts is the level that the C library makes of it.
function(cordwood_harden_fortify)
  foreach(level 3 2)
    set(CMAKE_REQUIRED_FLAGS "-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${level}")
    check_cxx_source_compiles("
      #include <cstdio>
      static_assert(__USE_FORTIFY_LEVEL == ${level});
      int main() {}" CORDWOOD_HAS_FORTIFY_${level})
    if(CORDWOOD_HAS_FORTIFY_${level})
      target_compile_options(cordwood_flags INTERFACE
        -U_FORTIFY_SOURCE $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=${level}>)
      return()
    endif()
  endforeach()
endfunction()
cordwood_harden_fortify()
