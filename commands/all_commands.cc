#include "commands/all_commands.h"

namespace cordwood::commands {

std::span<const Rows> AllCommands() {
  static const Rows kTopics[] = {
      connection::AuthenticationRows(),
      connection::ClientRows(),
      connection::SessionRows(),
      databases::DatabaseRows(),
      debug::DebugRows(),
      hashes::LongReadRows(),
      hashes::ReadRows(),
      hashes::ScanRows(),
      hashes::WriteRows(),
      keys::ExpiryRows(),
      keys::GenericRows(),
      keys::MoveRows(),
      keys::ObjectRows(),
      keys::ScanRows(),
      lists::BlockingRows(),
      lists::EditRows(),
      lists::MoveRows(),
      lists::PopRows(),
      lists::PositionRows(),
      lists::PushRows(),
      lists::ReadRows(),
      server::AbsentRows(),
      server::CommandRows(),
      server::ConfigRows(),
      server::MemoryRows(),
      server::ProcessRows(),
      sets::DrawRows(),
      sets::OperationRows(),
      sets::ReadRows(),
      sets::StoreRows(),
      sets::WriteRows(),
      server::WaitRows(),
      sorted_sets::BlockingRows(),
      sorted_sets::CountRows(),
      sorted_sets::OperationRows(),
      sorted_sets::OperationStoreRows(),
      sorted_sets::PopRows(),
      sorted_sets::RangeRows(),
      sorted_sets::RangeStoreRows(),
      sorted_sets::ReadRows(),
      sorted_sets::RemovalRows(),
      sorted_sets::WriteRows(),
      strings::EditRows(),
      strings::LcsRows(),
      strings::ReadRows(),
      strings::SetRows(),
      transactions::TransactionRows(),
  };
  return kTopics;
}

}  // namespace cordwood::commands
