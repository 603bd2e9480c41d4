// What must be equal for a plugin and the host to exchange C++ objects.
//
// A plugin is built apart from the host, and C++ promises nothing about objects that cross from one build to another.
// So each plugin carries the stamp of the build that made it, and the host refuses one whose stamp differs from its own
// before it calls anything in it.
#ifndef TOMADA_ABI_H_
#define TOMADA_ABI_H_

#include <google/protobuf/stubs/common.h>

#include <absl/base/config.h>

// Raised by one whenever a header in this folder changes in a way that an already built plugin would notice.
#define TOMADA_CONTRACT_VERSION 6

#define TOMADA_ABI_TEXT_(x) #x
#define TOMADA_ABI_TEXT(x) TOMADA_ABI_TEXT_(x)

#if defined(__clang__)
#define TOMADA_ABI_COMPILER "clang " TOMADA_ABI_TEXT(__clang_major__)
#else
#define TOMADA_ABI_COMPILER "gcc " TOMADA_ABI_TEXT(__GNUC__)
#endif

#if defined(__SANITIZE_ADDRESS__)
#define TOMADA_ABI_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define TOMADA_ABI_SANITIZER "thread"
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TOMADA_ABI_SANITIZER "address"
#elif __has_feature(thread_sanitizer)
#define TOMADA_ABI_SANITIZER "thread"
#endif
#endif
#ifndef TOMADA_ABI_SANITIZER
#define TOMADA_ABI_SANITIZER "none"
#endif

// One line that a person can compare: "contract 4, gcc 12, libstdc++ 12 cxx11 1, ...".
#define TOMADA_ABI_STAMP \
  "contract " TOMADA_ABI_TEXT(TOMADA_CONTRACT_VERSION) ", " TOMADA_ABI_COMPILER                          \
  ", libstdc++ " TOMADA_ABI_TEXT(_GLIBCXX_RELEASE) " cxx11 " TOMADA_ABI_TEXT(_GLIBCXX_USE_CXX11_ABI)     \
  ", protobuf " TOMADA_ABI_TEXT(GOOGLE_PROTOBUF_VERSION) ", abseil " TOMADA_ABI_TEXT(ABSL_LTS_RELEASE_VERSION) \
  ", sanitizer " TOMADA_ABI_SANITIZER

namespace tomada {

// The same. The compiler cache does not see in a precompiled header that a macro alone has changed.
inline constexpr char kAbiStamp[] = TOMADA_ABI_STAMP;

}  // namespace tomada

#endif  // TOMADA_ABI_H_
