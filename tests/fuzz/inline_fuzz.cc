// Arguments split from a line, quoted again, must split into the same arguments.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "protocol/inline_command.h"

namespace {

/// Every byte as \xHH in double quotes.
std::string Quoted(std::string_view argument) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : argument) {
    const auto byte = static_cast<unsigned char>(c);
    quoted.append("\\x");
    quoted.push_back(kHex[byte >> 4]);
    quoted.push_back(kHex[byte & 15]);
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cordwood::protocol::SplitInline;
  std::string line(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> arguments;
  if (!SplitInline(line, arguments)) return 0;

  std::string again;
  for (const std::string_view argument : arguments) again += Quoted(argument) + " ";
  std::vector<std::string_view> arguments_again;
  CHECK(SplitInline(again, arguments_again));
  CHECK(arguments == arguments_again);
  return 0;
}
