#include <dlfcn.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>

#include "cli/command.h"
#include "config/file.h"
#include "config/suggest.h"
#include "loader/loader.h"
#include "plan.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

// What no plugin's namespace, class or build target can be called: words and namespaces of C++, macros of gcc and
// targets of CMake.
constexpr char kReserved[] =
    "alignas alignof all and and_eq asm assert auto bitand bitor bool break case catch char char16_t char32_t char8_t "
    "class clean co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue "
    "decltype default delete do double dynamic_cast else enum errno explicit export extern false float for friend goto "
    "google help if inline install int linux long main mutable namespace new noexcept not not_eq nullptr operator or "
    "or_eq package private protected public register reinterpret_cast requires return short signed sizeof static "
    "static_assert static_cast std struct switch template test testing this thread_local throw tomada true try typedef "
    "typeid typename union unix unsigned using virtual void volatile wchar_t while xor xor_eq absl";

bool IsWord(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// "api_key" to "ApiKey".
std::string CamelCase(std::string_view name) {
  std::string camel;
  bool begins = true;
  for (char c : name) {
    if (c != '_') camel += begins ? absl::ascii_toupper(static_cast<unsigned char>(c)) : c;
    begins = c == '_';
  }
  return camel;
}

// Refused here, so that what is made builds.
absl::Status CheckName(const std::string& name, const Installation& installation) {
  const auto allowed = [](char c) { return IsWord(c) && !absl::ascii_isupper(static_cast<unsigned char>(c)); };
  const bool good = name.size() <= 40 && absl::ascii_islower(static_cast<unsigned char>(name[0])) &&
                    std::ranges::all_of(name, allowed) && name.back() != '_' && name.find("__") == std::string::npos;
  if (!good) {
    return absl::InvalidArgumentError(fmt::format(
        "`{}` cannot be a plugin's name: it takes small letters, digits and single `_` between them, a letter first, "
        "at most 40",
        name));
  }
  const std::vector<std::string> shipped = Loader({installation.plugin_folder()}).Available();
  if (std::ranges::find(shipped, name) != shipped.end() || name == kHostId)
    return absl::AlreadyExistsError(fmt::format("there is a plugin `{}` already; take another name", name));
  // A function of C, such as log or link, is in the way of a namespace.
  const std::vector<std::string> reserved = absl::StrSplit(kReserved, ' ');
  if (std::ranges::find(reserved, name) != reserved.end() || dlsym(RTLD_DEFAULT, name.c_str()) != nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("`{}` is a word of C++, C or CMake already; take a longer name", name));
  }
  return absl::OkStatus();
}

// Whether `word` stands in `code` by itself, outside comments.
bool HasWord(std::string_view code, std::string_view word) {
  for (size_t at = code.find(word); at != std::string_view::npos; at = code.find(word, at + 1)) {
    const size_t line = code.rfind('\n', at) + 1, end = at + word.size();
    const bool whole = (at == 0 || !IsWord(code[at - 1])) && (end == code.size() || !IsWord(code[end]));
    if (whole && code.substr(line, at - line).find("//") == std::string_view::npos) return true;
  }
  return false;
}

using Files = std::map<std::string, std::string>;  // by name

// The files of the example, under the new name.
absl::StatusOr<Files> Rename(const fs::path& example, const std::string& name, const Installation& installation) {
  const std::string first = example.filename(), camel = CamelCase(name);
  Files files;
  std::error_code error;
  for (fs::directory_iterator entry(example, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory(error)) continue;
    absl::StatusOr<std::string> text = ReadSmallFile(entry->path(), 256 << 10);
    if (!text.ok())
      return absl::InternalError(fmt::format("{} {}", entry->path().string(), std::string(text.status().message())));
    const bool is_code = entry->path().extension() != ".md";
    if (is_code && camel != CamelCase(first) && HasWord(*text, camel))
      return absl::InvalidArgumentError(
          fmt::format("`{}` is a name that the example has for something else; take another one", camel));
    files[absl::StrReplaceAll(entry->path().filename().string(), {{first, name}})] = absl::StrReplaceAll(
        *text, {{first, name}, {CamelCase(first), camel}, {"$HOME/tomada", installation.prefix().string()}});
  }
  if (error) return absl::InternalError(fmt::format("{} cannot be read: {}", example.string(), error.message()));
  return files;
}

// All of them or, when one cannot be written, none.
absl::Status WriteFolder(const fs::path& folder, const Files& files) {
  std::error_code error;
  if (!fs::create_directory(folder, error)) {
    if (!error) return absl::AlreadyExistsError(fmt::format("`{}` is there already", folder.string()));
    return absl::PermissionDeniedError(
        fmt::format("cannot make the folder `{}`: {}", folder.string(), error.message()));
  }
  for (const auto& [file, text] : files) {
    std::ofstream stream(folder / file, std::ios::binary);
    stream << text;
    stream.close();
    if (stream) continue;
    const std::string why = std::generic_category().message(errno);
    fs::remove_all(folder, error);
    return absl::UnavailableError(fmt::format("cannot write `{}`: {}", (folder / file).string(), why));
  }
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> New(const Arguments& arguments, Shell& shell) {
  const Installation& installation = shell.installation;
  const std::string kind = arguments.operand(0), name = arguments.operand(1);
  const std::vector<std::string> kinds = installation.TemplateKinds();
  if (kinds.empty()) {
    return absl::NotFoundError(fmt::format(
        "no examples to copy in {}: it takes an installed copy (`cmake --install`), against which plugins are built",
        installation.template_folder().string()));
  }
  if (std::ranges::find(kinds, kind) == kinds.end())
    return absl::InvalidArgumentError(fmt::format("unknown kind of plugin `{}`{}", kind, Hint(kind, kinds)));
  if (absl::Status status = CheckName(name, installation); !status.ok()) return status;
  const absl::StatusOr<Files> files = Rename(installation.template_folder() / ("first_" + kind), name, installation);
  if (!files.ok()) return files.status();
  if (absl::Status status = WriteFolder(name, *files); !status.ok()) return status;
  shell.out << fmt::format("{0}: a {1} in {2} files. {0}/README.md has the commands that build, run and call it.\n",
                           name, kind, files->size());
  return kExitOk;
}

}  // namespace

Command NewCommand() {
  CommandLine line{
      "tomada new",
      "Makes a folder NAME with a plugin of that name which builds, passes its tests and runs: an example\n"
      "to change. KIND is service, middleware, store or transport. What is there already stays as it is.",
      "KIND NAME",
      {},
      "tomada new service pedidos"};
  return {"new", "Make a plugin of one's own to begin with.", std::move(line), New};
}

}  // namespace tomada
