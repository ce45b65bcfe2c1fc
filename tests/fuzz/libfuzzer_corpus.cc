// What libFuzzer needs of a target beside the test itself: writes its corpus into the first
// directory on the command line, and its dictionary into the file that -dict= names, before
// libFuzzer looks there. Calls are made by scripts/fuzz.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/format.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

constexpr std::string_view kDictionaryFlag = "-dict=";

void Write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// One line a word, every byte as \xHH.
std::string DictionaryText() {
  std::string text;
  for (const std::string& word : cordwood::fuzz::Dictionary()) {
    text += '"';
    for (const char c : word) cordwood::AppendFormat(text, "\\x{:02x}", static_cast<uint8_t>(c));
    text += "\"\n";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument((*argv)[i]);
    if (argument.starts_with(kDictionaryFlag)) {
      Write(argument.substr(kDictionaryFlag.size()), DictionaryText());
    } else if (std::filesystem::is_directory(argument)) {
      int number = 0;
      for (const std::string& entry : cordwood::fuzz::Corpus()) {
        Write(std::filesystem::path(argument) / cordwood::Format("corpus-{}", ++number), entry);
      }
      return 0;
    }
  }
  return 0;
}
