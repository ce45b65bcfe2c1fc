// Arguments split from a line, quoted again, must split into the same arguments.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "protocol/inline_command.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/quoted.h"

namespace cordwood::fuzz {

std::vector<std::string> Corpus() {
  return {
      "SET key value",
      "set \"a b\" 'it\\'s'",
      "  ECHO\t\"\\x00\\xfF\\n\\r\\t\\b\\a\\\\\\\"\" \v\f x",
      "LPUSH list \"\" '' pre\"fix\" \"tail\"'s'",
      "MSET k1 v1 k2 v2 k3 v3\r",
  };
}

std::vector<std::string> Dictionary() {
  return {"\"", "'", "\\x", "\\x4", "\\\"", "\\'", "\\", " ", "\"\"", "''", "\v", "\f"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cordwood::fuzz::Quoted;
  using cordwood::protocol::SplitInline;
  std::string line(cordwood::fuzz::View(data, size));
  std::vector<std::string_view> arguments;
  if (!SplitInline(line, arguments)) return 0;

  std::string again;
  for (const std::string_view argument : arguments) again += Quoted(argument) + " ";
  std::vector<std::string_view> arguments_again;
  CHECK(SplitInline(again, arguments_again));
  CHECK(arguments == arguments_again);
  return 0;
}
