# What /docs loads: files of the npm package swagger-ui-dist, pinned. Taken once, when the build is configured; without
# npm or the registry the build goes on, and /docs says how to get them.
set(version 5.35.0)
set(sha512 534eaba4cb56f55dd73c638179a993512af4674f63317e0826e00da44fc465b021c341bc0a0c2bcd4e18997927fe1d3008336c5dd19aad334d1c2dec53cc9551)

set(archive ${PROJECT_BINARY_DIR}/swagger-ui-dist-${version}.tgz)
set(assets ${PROJECT_BINARY_DIR}/${TOMADA_SHARE_DIR}/swagger-ui)
find_program(NPM npm)
if(NPM AND NOT EXISTS ${archive})
  execute_process(
    COMMAND ${NPM} pack swagger-ui-dist@${version} --pack-destination ${PROJECT_BINARY_DIR}
            --fetch-retries=0 --fetch-timeout=10000
    TIMEOUT 60 OUTPUT_QUIET ERROR_QUIET)
endif()
if(EXISTS ${archive})
  file(SHA512 ${archive} found)
  if(NOT found STREQUAL sha512)
    message(FATAL_ERROR "${archive} is not swagger-ui-dist ${version}: its checksum is ${found}")
  endif()
  set(unpacked ${PROJECT_BINARY_DIR}/swagger-ui-dist)
  file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${unpacked}
    PATTERNS package/swagger-ui.css package/swagger-ui-bundle.js package/LICENSE package/NOTICE)
  file(COPY ${unpacked}/package/ DESTINATION ${assets})
  install(DIRECTORY ${assets} DESTINATION ${TOMADA_SHARE_DIR})
else()
  message(STATUS "No swagger-ui-dist from npm: /docs will say how to get it")
endif()
