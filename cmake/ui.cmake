# The web UI inside the binary: target pharos_ui_assets, which defines api::ui_assets().
#   PHAROS_UI=AUTO  built with npm where node >= 18 and npm are found, else none (the small page stays)
#   PHAROS_UI=ON    built with npm; an error where that is not possible
#   PHAROS_UI=OFF   none
#   PHAROS_UI=DIR   a folder of built assets with its index.html, as a release tarball has
# Steps: ui_build.cmake (npm) → ui_pack.mjs (brotli) → ui_table.cmake (assets.S with .incbin, assets.cpp).
set(PHAROS_UI AUTO CACHE STRING "Web UI: AUTO, ON, OFF or a folder of built assets")
enable_language(ASM)

set(ui_source ${CMAKE_SOURCE_DIR}/ui)
set(ui_build ${CMAKE_BINARY_DIR}/ui)
set(ui_scripts ${CMAKE_SOURCE_DIR}/cmake)
file(MAKE_DIRECTORY ${ui_build})
# Globbed, so that build folders notice the day the UI comes or goes.
file(GLOB ui_project CONFIGURE_DEPENDS ${ui_source}/package.json ${ui_source}/package-lock.json)
list(LENGTH ui_project ui_project_files)

find_program(PHAROS_NODE node)
find_program(PHAROS_NPM npm)
set(ui_node_major 0)
if(PHAROS_NODE)
  execute_process(COMMAND ${PHAROS_NODE} --version OUTPUT_VARIABLE ui_node_version ERROR_QUIET)
  if(ui_node_version MATCHES "^v([0-9]+)")
    set(ui_node_major ${CMAKE_MATCH_1})
  endif()
endif()

set(ui_lacks)
if(NOT ui_project_files EQUAL 2)
  set(ui_lacks "ui/ has no package.json with its package-lock.json")
elseif(ui_node_major LESS 18 OR NOT PHAROS_NPM)
  set(ui_lacks "node >= 18 with npm was not found")
endif()

set(ui_from)  # the folder of built assets
if(PHAROS_UI STREQUAL "ON" OR PHAROS_UI STREQUAL "AUTO")
  if(ui_lacks AND PHAROS_UI STREQUAL "ON")
    message(FATAL_ERROR "PHAROS_UI=ON: ${ui_lacks}")
  elseif(ui_lacks OR PHAROS_SANITIZE OR PHAROS_FUZZ)
    message(STATUS "No web UI in this build: ${ui_lacks}")
  else()
    set(ui_from ${ui_source}/dist)
    file(GLOB_RECURSE ui_inputs CONFIGURE_DEPENDS ${ui_source}/src/* ${ui_source}/public/*)
    file(GLOB ui_settings CONFIGURE_DEPENDS ${ui_source}/*.html ${ui_source}/*.ts ${ui_source}/*.json ${ui_source}/.npmrc)
    add_custom_command(OUTPUT ${ui_build}/built
      COMMAND ${CMAKE_COMMAND} -DUI=${ui_source} -DNPM=${PHAROS_NPM} -DMODE=${PHAROS_UI} -DSTAMP=${ui_build}/built
        -P ${ui_scripts}/ui_build.cmake
      DEPENDS ${ui_inputs} ${ui_settings} ${ui_scripts}/ui_build.cmake
      COMMENT "Building the web UI" VERBATIM)
    set(ui_ready ${ui_build}/built)
  endif()
elseif(NOT PHAROS_UI STREQUAL "OFF")
  get_filename_component(ui_from "${PHAROS_UI}" ABSOLUTE BASE_DIR ${CMAKE_BINARY_DIR})
  if(NOT EXISTS ${ui_from}/index.html AND NOT EXISTS ${ui_from}/index.html.br)
    message(FATAL_ERROR "PHAROS_UI: '${PHAROS_UI}' is neither AUTO, ON nor OFF, nor a folder with an index.html")
  endif()
  file(GLOB_RECURSE ui_ready CONFIGURE_DEPENDS ${ui_from}/*)
endif()

if(ui_from)
  set(ui_packed ${ui_build}/packed)
  if(ui_node_major GREATER_EQUAL 12)
    set(ui_pack COMMAND ${PHAROS_NODE} ${ui_scripts}/ui_pack.mjs ${ui_from} ${ui_packed})
  else()  # embedded as they are; the server compresses what it sends
    set(ui_pack COMMAND ${CMAKE_COMMAND} -E rm -rf ${ui_packed} COMMAND ${CMAKE_COMMAND} -E copy_directory ${ui_from} ${ui_packed})
  endif()
  add_custom_command(OUTPUT ${ui_build}/assets.S ${ui_build}/assets.cpp
    ${ui_pack}
    COMMAND ${CMAKE_COMMAND} -DFROM=${ui_packed} -DTO=${ui_build} -P ${ui_scripts}/ui_table.cmake
    DEPENDS ${ui_ready} ${ui_scripts}/ui_pack.mjs ${ui_scripts}/ui_table.cmake
    COMMENT "Packing the web UI" VERBATIM)
else()
  file(MAKE_DIRECTORY ${ui_build}/none)
  execute_process(COMMAND ${CMAKE_COMMAND} -DFROM=${ui_build}/none -DTO=${ui_build} -P ${ui_scripts}/ui_table.cmake)
endif()
add_library(pharos_ui_assets STATIC ${ui_build}/assets.S ${ui_build}/assets.cpp)
target_include_directories(pharos_ui_assets PRIVATE ${CMAKE_SOURCE_DIR}/src)
