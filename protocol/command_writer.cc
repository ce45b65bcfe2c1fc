#include "protocol/command_writer.h"

#include "protocol/reply_writer.h"

namespace cordwood::protocol {

void AppendCommand(std::string& out, std::span<const std::string_view> argv) {
  ReplyWriter writer(out, RespVersion::kResp2);
  writer.ArrayHeader(argv.size());
  for (const std::string_view argument : argv) writer.Bulk(argument);
}

void AppendCommand(std::string& out, std::initializer_list<std::string_view> argv) {
  AppendCommand(out, std::span<const std::string_view>(argv.begin(), argv.size()));
}

}  // namespace cordwood::protocol
