# Compiles through ccache when it is installed. Precompiled headers are cached too: that needs two
# leniences of ccache's, and GCC has to name the header in its preprocessed output. Paths below the
# source tree count as relative, so that another checkout finds what this one has compiled.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()
