#!/bin/sh
# Brings from npm what the tests of the live documentation need: their packages, once for each lock file, and Swagger UI
# where the build was configured before npm was there.
#   packages.sh CMAKE BUILD SWAGGER_UI     in the folder with package.json
set -eu
[ -f "$3/swagger-ui.css" ] || "$1" "$2"
cmp -s package-lock.json node_modules/installed-lock.json && exit 0
npm ci --ignore-scripts --no-audit --no-fund
cp package-lock.json node_modules/installed-lock.json
