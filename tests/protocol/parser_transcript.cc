#include "tests/protocol/parser_transcript.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace cordwood::protocol {
namespace {

using Outcome = RequestParser::Outcome;

std::vector<std::string> Copied(std::span<const std::string_view> argv) {
  return {argv.begin(), argv.end()};
}

class Transcriber {
 public:
  explicit Transcriber(const Limits& limits) : parser_(limits) {}

  void Feed(std::string_view segment) {
    const std::span<char> space = parser_.WritableSpan(segment.size());
    std::memcpy(space.data(), segment.data(), segment.size());
    parser_.Commit(segment.size());
    Outcome outcome;
    while ((outcome = parser_.Next()) == Outcome::kCommand)
      commands_.push_back(Copied(parser_.argv()));
    failed_ = outcome == Outcome::kError;
    memory_bytes_max_ = std::max(memory_bytes_max_, parser_.memory_bytes());
  }

  Transcript Finish() {
    Transcript transcript;
    transcript.commands = std::move(commands_);
    transcript.failed = failed_;
    if (failed_) {
      transcript.reply = parser_.failure().reply;
      transcript.reason = parser_.failure().reason;
    }
    transcript.memory_bytes_max = memory_bytes_max_;
    return transcript;
  }

 private:
  RequestParser parser_;
  std::vector<std::vector<std::string>> commands_;
  size_t memory_bytes_max_ = 0;
  bool failed_ = false;
};

}  // namespace

bool SameOutcome(const Transcript& a, const Transcript& b) {
  return a.commands == b.commands && a.failed == b.failed && a.reply == b.reply &&
         a.reason == b.reason;
}

Transcript Transcribe(std::string_view input, const NextSegment& next_segment,
                      const Limits& limits) {
  Transcriber transcriber(limits);
  while (!input.empty()) {
    const size_t size = std::min(next_segment(), input.size());
    transcriber.Feed(input.substr(0, size));
    input.remove_prefix(size);
  }
  return transcriber.Finish();
}

Transcript TranscribeWhole(std::string_view input, const Limits& limits) {
  return Transcribe(input, [&] { return input.size(); }, limits);
}

Transcript TranscribeBytewise(std::string_view input, const Limits& limits) {
  return Transcribe(input, [] { return size_t{1}; }, limits);
}

}  // namespace cordwood::protocol
