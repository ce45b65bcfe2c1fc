#include "protocol/request.h"

#include <string>

namespace cordwood::protocol {

Request Request::Copy(std::span<const std::string_view> argv) {
  size_t bytes = 0;
  for (const std::string_view argument : argv) bytes += argument.size();

  auto block = std::make_unique_for_overwrite<char[]>(bytes);
  std::vector<std::string_view> copies;
  copies.reserve(argv.size());
  char* at = block.get();
  for (const std::string_view argument : argv) {
    std::char_traits<char>::copy(at, argument.data(), argument.size());
    copies.emplace_back(at, argument.size());
    at += argument.size();
  }
  return Request(std::move(block), bytes, std::move(copies));
}

}  // namespace cordwood::protocol
