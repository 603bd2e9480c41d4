# tomada_add_plugin(NAME SOURCES a.cpp ... [LINK target...])
#
# Makes lib<NAME>.so in lib/tomada/plugins. Used here and, from an installed copy, by plugins built elsewhere.
#  * Hidden visibility: a plugin exports its one symbol and nothing else.
#  * -z defs: a plugin that reaches for something it was not given (the host, another plugin) fails to link.
#  * Libraries are looked for two folders up, where a plugin of a prefix of its own brings some, and then where the host
#    that opens it has its own, wherever that is. The latter only while nothing here has a DT_RUNPATH: ld.so(8).
#  * What its descriptor says is read once, now, and kept in the file for `tomada inspect`. A plugin that would be refused
#    fails to build. One that cannot be run here has its stamp alone.
function(tomada_add_plugin name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tomada::tomada ${arg_LINK})
  target_link_options(${name} PRIVATE -Wl,--disable-new-dtags)
  if(NOT TOMADA_SANITIZE)  # whose runtime the program brings
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  set_target_properties(${name} PROPERTIES
    PREFIX lib
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/tomada/plugins
    INSTALL_RPATH "$ORIGIN/../..")
  if(CMAKE_OBJCOPY AND NOT CMAKE_CROSSCOMPILING)
    set(notes ${CMAKE_CURRENT_BINARY_DIR}/${name}.notes)
    add_custom_command(TARGET ${name} POST_BUILD VERBATIM
      COMMAND $<TARGET_FILE:tomada::describe> $<TARGET_FILE:${name}> ${notes}
      COMMAND ${CMAKE_OBJCOPY} --add-section .note.tomada.description=${notes} $<TARGET_FILE:${name}>)
  endif()
  install(TARGETS ${name} LIBRARY DESTINATION lib/tomada/plugins)
  set_property(GLOBAL APPEND PROPERTY TOMADA_PLUGINS ${name})
endfunction()
