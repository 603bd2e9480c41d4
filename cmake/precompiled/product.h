#ifndef TOMADA_PRECOMPILED_PRODUCT_H_
#define TOMADA_PRECOMPILED_PRODUCT_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <fmt/format.h>

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

#endif  // TOMADA_PRECOMPILED_PRODUCT_H_
