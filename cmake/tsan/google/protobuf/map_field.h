// Under the thread sanitizer protobuf's own header gives map fields two members more. Debian's libprotobuf was compiled
// without them, and what is compiled with them reads the fields of its messages at the wrong places.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include_next <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")
