# weir_library(NAME SOURCES... [LINK libs...]): one static library per folder, included from the root.
# weir_test(NAME LABEL label SOURCES... [LINK libs...]): one GoogleTest binary, each case a ctest.

add_library(weir_flags INTERFACE)
target_include_directories(weir_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(weir_flags INTERFACE -Wall -Wextra -Wpedantic -Wno-missing-field-initializers
                                            -pthread)
if(WEIR_WERROR)
  target_compile_options(weir_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(weir_flags INTERFACE -Wthread-safety -Wthread-safety-beta)
endif()
if(WEIR_SANITIZE)
  target_compile_options(weir_flags INTERFACE -fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer
                                              -fno-sanitize-recover=all)
  target_link_options(weir_flags INTERFACE -fsanitize=${WEIR_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)  # clang 14 cannot emit that check for every coroutine
    target_compile_options(weir_flags INTERFACE -fno-sanitize=function)
  endif()
endif()
if(WEIR_FUZZ OR WEIR_SANITIZE MATCHES address)
  target_compile_definitions(weir_flags INTERFACE __SANITIZE_ADDRESS__)  # as g++ has it
endif()
if(WEIR_FUZZ)
  target_compile_options(weir_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                                              -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(weir_flags INTERFACE -fsanitize=address,undefined)
endif()
target_link_libraries(weir_flags INTERFACE Threads::Threads)

# The standard library's headers are half of what most files cost to compile: a release reads them
# once, for the libraries: in tests g++ 12 then finds faults in its own std::string. The other presets
# do without, and so see whether each file includes what it uses.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND NOT WEIR_SANITIZE)
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/precompiled.cc CONTENT "")
  add_library(weir_precompiled OBJECT ${CMAKE_BINARY_DIR}/precompiled.cc)
  target_link_libraries(weir_precompiled PRIVATE weir_flags)
  target_precompile_headers(weir_precompiled PRIVATE
    <algorithm> <array> <atomic> <chrono> <deque> <functional> <map> <memory> <optional> <stdexcept>
    <stop_token> <string> <string_view> <system_error> <unordered_map> <utility> <variant> <vector>)
  if(CCACHE)  # so that it caches what includes them
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
    target_compile_options(weir_flags INTERFACE -fpch-preprocess)
  endif()
endif()

function(weir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC weir_flags ${ARG_LINK})
  if(TARGET weir_precompiled)
    target_precompile_headers(${name} REUSE_FROM weir_precompiled)
  endif()
  # Optimising sanitized code doubles the time of its build, and pays only where tests compute.
  if(WEIR_SANITIZE MATCHES address AND NOT name STREQUAL weir_parse)
    target_compile_options(${name} PRIVATE -O0)
  endif()
endfunction()

# weir_once(SOURCES...): what runs once in a command, or as often as somebody looks, is not
# worth the compiler's time.
function(weir_once)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O0 SKIP_PRECOMPILE_HEADERS ON)
endfunction()

include(GoogleTest)
function(weir_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE weir_flags ${ARG_LINK} GTest::gtest GTest::gtest_main)
  if(WEIR_SANITIZE)
    # Sanitizing GoogleTest's macros with optimisation is half of such a build's time. What is under
    # test lies in the libraries and keeps its own level.
    target_compile_options(${name} PRIVATE -O0)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
