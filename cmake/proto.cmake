# tomada_add_proto(NAME PROTOS a.proto b.proto... [DEPENDS other...] [IMPORT dir] [DESCRIPTOR_SET] [NO_INSTALL])
#
# The shared library tomada::proto_NAME of the code generated from the given files of one protobuf package. Used here
# and, from an installed copy, by plugins built elsewhere.
#  * A process takes one library of a package. Its file, libtomada_proto_NAME-HASH.so, has a hash of what the files say,
#    and of all that they import: plugins built apart from the same files share one, and the host tells of those built
#    from others (decision 0025). So the files are read when the build is configured, and that again when one changes.
#  * IMPORT is the import root of the files, by default the calling folder.
#  * DEPENDS are the libraries, made by this function, whose files they import. An installed copy has google_api,
#    google_rpc, tomada (tomada/http.proto) and those of its own services, with the files in tomada_PROTO_DIR.
#  * The library holds the comments of the files too (tomada/proto_comments.h), which are not in the hash.
#  * DESCRIPTOR_SET also writes NAME.binpb, with imports and comments, for clients without the generated code.
#  * Library, headers and files are installed, in an export set of the project's name; with NO_INSTALL nothing is.
function(tomada_add_proto name)
  cmake_parse_arguments(arg "DESCRIPTOR_SET;NO_INSTALL" "IMPORT" "PROTOS;DEPENDS" ${ARGN})
  set(complaint "tomada_add_proto(${name})")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_PROTOS)
    message(FATAL_ERROR "${complaint} takes PROTOS file... [DEPENDS name...] [IMPORT dir], got: ${ARGN}")
  endif()
  if(NOT Protobuf_PROTOC_EXECUTABLE)
    message(FATAL_ERROR "${complaint} needs protoc, which is not installed (Debian: protobuf-compiler)")
  endif()
  if(NOT arg_IMPORT)
    set(arg_IMPORT ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  get_filename_component(root ${arg_IMPORT} ABSOLUTE)
  list(SORT arg_PROTOS)  # the hash is the same in whatever order they are named
  set(out ${PROJECT_BINARY_DIR}/generated/${name})
  # The layout of an installed copy: what is built first is found here, as are the copy's own files below its prefix.
  set(share ${PROJECT_BINARY_DIR}/${TOMADA_SHARE_DIR}/proto)
  file(MAKE_DIRECTORY ${out} ${share})
  set(protoc ${Protobuf_PROTOC_EXECUTABLE} -I ${root} -I ${share})
  foreach(folder ${tomada_PROTO_DIR} ${Protobuf_INCLUDE_DIRS})
    list(APPEND protoc -I ${folder})
  endforeach()

  foreach(dependency ${arg_DEPENDS})
    if(NOT TARGET tomada::proto_${dependency})
      message(FATAL_ERROR "${complaint}: there is no tomada::proto_${dependency} to depend on; add it before this one")
    endif()
  endforeach()
  set(sources)
  set(inputs)
  foreach(proto ${arg_PROTOS})
    if(NOT EXISTS ${root}/${proto})
      message(FATAL_ERROR "${complaint}: there is no ${root}/${proto}; IMPORT names the folder that it is below")
    endif()
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    list(APPEND sources ${out}/${stem}.pb.cc)
    list(APPEND inputs ${root}/${proto})
    if(NOT arg_NO_INSTALL)
      configure_file(${root}/${proto} ${share}/${proto} COPYONLY)
      get_filename_component(folder ${proto} DIRECTORY)
      install(FILES ${root}/${proto} DESTINATION ${TOMADA_SHARE_DIR}/proto/${folder})
    endif()
  endforeach()
  string(REPLACE ".pb.cc" ".pb.h" headers "${sources}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${inputs})

  set(meaning ${out}.descriptors)
  execute_process(COMMAND ${protoc} --include_imports --descriptor_set_out=${meaning}.new ${inputs}
    RESULT_VARIABLE failed ERROR_VARIABLE why)
  if(failed)
    message(FATAL_ERROR "${complaint}:\n${why}")
  endif()
  file(COPY_FILE ${meaning}.new ${meaning} ONLY_IF_DIFFERENT)
  file(REMOVE ${meaning}.new)
  file(SHA256 ${meaning} hash)
  string(SUBSTRING ${hash} 0 12 hash)

  set(descriptor)
  set(write_descriptor)
  if(arg_DESCRIPTOR_SET)
    set(descriptor ${share}/${name}.binpb)
    set(write_descriptor COMMAND ${protoc} --descriptor_set_out=${descriptor} --include_imports --include_source_info
      ${inputs})
    install(FILES ${descriptor} DESTINATION ${TOMADA_SHARE_DIR}/proto)
  endif()

  set(comments ${out}.comments)
  add_custom_command(
    OUTPUT ${sources} ${headers} ${comments} ${descriptor}
    COMMAND ${protoc} --cpp_out=${out} --descriptor_set_out=${comments} --include_source_info ${inputs}
    ${write_descriptor}
    DEPENDS ${inputs} ${meaning}
    COMMENT "Generating code of proto package ${name}"
    VERBATIM)

  add_library(tomada_proto_${name} SHARED ${sources})
  tomada_embed_comments(tomada_proto_${name} ${comments})
  add_library(tomada::proto_${name} ALIAS tomada_proto_${name})
  target_include_directories(tomada_proto_${name} SYSTEM PUBLIC
    $<BUILD_INTERFACE:${out}> $<INSTALL_INTERFACE:include/tomada/proto>)
  target_link_libraries(tomada_proto_${name} PUBLIC protobuf::libprotobuf)
  foreach(dependency ${arg_DEPENDS})
    target_link_libraries(tomada_proto_${name} PUBLIC tomada::proto_${dependency})
  endforeach()
  # Generated code is not ours to tidy, and its files define the same names.
  target_compile_options(tomada_proto_${name} PRIVATE -w)
  target_link_options(tomada_proto_${name} PRIVATE -Wl,--disable-new-dtags)  # as in tomada_add_plugin
  set_target_properties(tomada_proto_${name} PROPERTIES UNITY_BUILD OFF
    OUTPUT_NAME tomada_proto_${name}-${hash}
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib
    EXPORT_NAME proto_${name} INSTALL_RPATH "$ORIGIN")
  if(NOT arg_NO_INSTALL)
    install(TARGETS tomada_proto_${name} EXPORT ${PROJECT_NAME} LIBRARY DESTINATION lib)
    install(DIRECTORY ${out}/ DESTINATION include/tomada/proto FILES_MATCHING PATTERN "*.pb.h")
  endif()
endfunction()

# tomada_embed_comments(TARGET FILE): the descriptor set in FILE, made with --include_source_info by a rule of the same
# folder, becomes part of the target: see tomada/proto_comments.h.
function(tomada_embed_comments target comments)
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/proto_comments.cpp.in ${comments}.cpp @ONLY)
  set_source_files_properties(${comments}.cpp PROPERTIES
    OBJECT_DEPENDS ${comments} SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
  target_sources(${target} PRIVATE ${comments}.cpp)
endfunction()
