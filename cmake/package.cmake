# What an installed copy needs so that others can build plugins for it: find_package(tomada) gives tomada::tomada, the
# generated protobuf libraries, tomada::testing, tomada_add_plugin() and tomada_add_proto().
include(CMakePackageConfigHelpers)

install(EXPORT tomada NAMESPACE tomada:: DESTINATION lib/cmake/tomada FILE tomada-targets.cmake)
configure_package_config_file(cmake/tomada-config.cmake.in ${PROJECT_BINARY_DIR}/tomada-config.cmake
  INSTALL_DESTINATION lib/cmake/tomada PATH_VARS TOMADA_SHARE_DIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tomada-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tomada-config.cmake ${PROJECT_BINARY_DIR}/tomada-config-version.cmake
  cmake/plugin.cmake cmake/proto.cmake cmake/proto_comments.cpp.in DESTINATION lib/cmake/tomada)

# What `tomada new` copies. A build tree has none: nothing is built against it.
install(DIRECTORY examples/first_middleware examples/first_service examples/first_store examples/first_transport
  DESTINATION ${TOMADA_SHARE_DIR}/templates PATTERN build EXCLUDE)
