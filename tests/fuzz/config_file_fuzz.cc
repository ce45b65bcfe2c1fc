// A redis.conf, and behind a zero byte a second file that it may include. A line is applied or
// refused with its place; reading in two parts is reading the whole; a value as it is printed can
// be set again; words that are quoted again are the same words.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "config/config_file.h"
#include "config/option_table.h"
#include "config/words.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/quoted.h"
#include "tests/support/sim_env.h"

namespace cordwood::fuzz {
namespace {

using config::Config;

void CheckWords(std::string_view line) {
  const std::optional<std::vector<std::string>> words = config::SplitWords(line);
  if (!words) return;
  std::string again;
  for (const std::string& word : *words) again += Quoted(word) + " ";
  CHECK(config::SplitWords(again) == words);
}

/// Every value, as CONFIG GET prints it.
std::vector<std::string> Values(const Config& config) {
  std::vector<std::string> values;
  for (const config::Option& option : config::AllOptions()) values.push_back(option.get(config));
  return values;
}

/// A list of words is printed without their quotes, so it need not be the same when it is set.
void CheckValuesCanBeSet(const Config& config) {
  Config again;
  for (const config::Option& option : config::AllOptions()) {
    const std::string value = option.get(config);
    const Status set = config::SetOption(again, option.name, std::vector{value});
    if (option.takes_words) continue;
    CHECK(set && option.get(again) == value);
  }
}

void CheckInTwoParts(Env& env, std::string_view text, const Config& whole) {
  const size_t end = std::min(text.find('\n', text.size() / 2), text.size() - 1) + 1;
  Config parts;
  CHECK(config::ReadConfigText(env, "part 1", text.substr(0, end), parts));
  CHECK(config::ReadConfigText(env, "part 2", text.substr(end), parts));
  CHECK(Values(parts) == Values(whole));
}

}  // namespace

std::vector<std::string> Corpus() {
  const std::string zero(1, '\0');
  return {
      "# a comment\nport 7000\nbind 127.0.0.1 -::1\nmaxmemory 1gb\nappendfsync always\n",
      "requirepass \"a \\x62 # c\"\r\nsave ''\nloglevel verbose\nhz 100\ndatabases 20",
      "client-output-buffer-limit normal 0 0 0 pubsub 32mb 8mb 60\nmaxclients 5\ntimeout 0\n",
      "include conf/second.conf\nport 1\n" + zero + "port 2\nhash-max-listpack-entries 7\n",
      "include conf/*.conf\n" + zero + "include conf/second.conf\n",
      "dir /data\nmax-disk 10gb\nmemtable-size 8mb\nlog-segment-size 16mb\nappendfsync no\n",
      "tcp-keepalive 60\nproto-max-bulk-len 1mb\non-log-failure read-only\nprotected-mode no\n",
      "lazyfree-lazy-eviction yes\nlist-max-listpack-size -2\nnotify-keyspace-events ''\n",
  };
}

std::vector<std::string> Dictionary() {
  std::vector<std::string> words = {
      "\n",   "\r\n", " ",   "\"", "\"\"", "'",  "''", "\\x41",
      "\\\"", "#",    "yes", "no", "kb",   "GB", "-1", std::string("\0port ", 6)};
  for (const config::Option& option : config::AllOptions()) words.push_back(option.name + " ");
  words.emplace_back("include conf/second.conf\n");
  return words;
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood;
  const std::string_view input = fuzz::View(data, size);
  const size_t end = std::min(input.find('\0'), size);
  const std::string_view text = input.substr(0, end);
  support::SimEnv env(1);
  CHECK(env.CreateDir("conf"));
  CHECK(env.WriteRaw("conf/second.conf", std::string(input.substr(std::min(end + 1, size)))));

  fuzz::CheckWords(text);
  config::Config config;
  if (const Status read = config::ReadConfigText(env, "the text", text, config); !read) {
    CHECK(read.error().message().contains(", line "));
    return 0;
  }
  fuzz::CheckValuesCanBeSet(config);
  if (!text.empty()) fuzz::CheckInTwoParts(env, text, config);
  return 0;
}
