// What nearly every source of a plugin includes, to be parsed once for several sources:
//
//   target_precompile_headers(my_plugin PRIVATE <tomada/precompiled.h>)
//
// A source still includes what it uses. docs/first-service.md says when it pays.
#ifndef TOMADA_PRECOMPILED_H_
#define TOMADA_PRECOMPILED_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "tomada/plugin.h"
#include "tomada/service.h"
#include "tomada/store.h"
#include "tomada/task.h"

#endif  // TOMADA_PRECOMPILED_H_
