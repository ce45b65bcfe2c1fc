// Bytes of a client, cut in different ways, must give the same commands and the same error, and
// memory must follow the bytes. The first byte chooses limits and cuts.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/protocol/parser_transcript.h"

namespace cordwood::fuzz {

std::vector<std::string> Corpus() {
  const std::string set = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n";
  return {
      "0" + set,
      "0" + set + set + "PING\r\n*1\r\n$4\r\nPING\r\n",
      "1*2\r\n$3\r\nGET\r\n$64\r\n" + std::string(64, 'x') + "\r\n",
      "1*8\r\n" +
          [] {
            std::string eight;
            for (int i = 0; i < 8; ++i) eight += "$1\r\na\r\n";
            return eight;
          }(),
      "2*1\r\n$90\r\n" + std::string(90, 'x') + "\r\n",
      "4*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n" + set,
      "0*0\r\n*-1\r\n\r\n$3\r\n",
      "0set \"a \\x62\" 'c'\nGET a\r\n" + set,
      "0*2\r\n$4\r\nECHO\r\n$0\r\n\r\n*1\r\n$2147483647\r\n",
  };
}

std::vector<std::string> Dictionary() {
  return {"\r\n",
          "\n",
          "*1\r\n",
          "*-1\r\n",
          "*0\r\n",
          "$0\r\n\r\n",
          "$-1\r\n",
          "$1\r\n",
          "*",
          "$",
          "-",
          "+",
          "\"",
          std::string(1, '\0'),
          "PING\r\n",
          "65536",
          "1048577",
          "2147483648",
          "9223372036854775808",
          "536870913"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cordwood::protocol::Limits;
  using cordwood::protocol::Transcribe;
  using cordwood::protocol::Transcript;
  if (size == 0) return 0;
  const uint8_t choice = data[0];
  const std::string_view input = cordwood::fuzz::View(data, size).substr(1);

  // Small limits bring the refusals within reach of small inputs.
  Limits limits;
  if (choice & 1) limits = {.max_bulk_bytes = 64, .max_inline_bytes = 32, .max_arguments = 8};
  if (choice & 2) limits.max_request_bytes = 100;
  limits.authenticated = (choice & 4) == 0;

  const Transcript whole = TranscribeWhole(input, limits);
  const Transcript bytewise = TranscribeBytewise(input, limits);
  size_t turn = choice;
  const auto next_segment = [&turn] { return 1 + (turn++ * 7) % 23; };
  const Transcript mixed = Transcribe(input, next_segment, limits);
  CHECK(SameOutcome(whole, bytewise));
  CHECK(SameOutcome(whole, mixed));

  // An argument is a view of 16 bytes, in a vector that doubles; the shortest takes 2 bytes.
  CHECK(whole.memory_bytes_max <= 64 + 18 * size);
  CHECK(bytewise.memory_bytes_max <= 64 + 18 * size);
  return 0;
}
