// Bytes of a client, cut in different ways, must give the same commands and the same error, and
// memory must follow the bytes. The first byte chooses limits and cuts.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "tests/protocol/parser_transcript.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cordwood::protocol::Limits;
  using cordwood::protocol::Transcribe;
  using cordwood::protocol::Transcript;
  if (size == 0) return 0;
  const uint8_t choice = data[0];
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

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
