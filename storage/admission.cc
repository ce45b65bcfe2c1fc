#include "storage/admission.h"

namespace cordwood::storage {
namespace {

// So many times what may wait to be flushed, while flushes find no room and what is written gives
// space back.
constexpr uint64_t kStuckShare = 2;

}  // namespace

WriteGate AdmissionControl::Judge(uint64_t bytes, Intent intent, const Memory& memory) {
  wants_flush_ = false;
  WriteGate gate = JudgeSpace(bytes, intent, memory);
  if (gate == WriteGate::kOpen) gate = JudgeMemory(bytes, intent, memory);
  if (gate == WriteGate::kOpen) gate = JudgeLog(bytes, intent);
  return gate;
}

WriteGate AdmissionControl::JudgeSpace(uint64_t bytes, Intent intent, const Memory& memory) {
  if (intent == Intent::kAdd) {
    if (!log_.room().AcceptsWrites() || background_.out_of_space() ||
        !space_.AcceptsWrites(bytes)) {
      return WriteGate::kFull;
    }
    if (!space_.MustMeasure()) return WriteGate::kOpen;
    space_.MeasureSoon();
    return Later(HeldFor::kSpace);
  }
  if (!log_.room().full() || log_.room().HasRoomFor(bytes, SpareBytes(intent)))
    return WriteGate::kOpen;
  // A flush lets segments of the log go.
  const uint64_t unflushed = memory.active + memory.waiting;
  wants_flush_ = memory.active > 0 && memory.waiting == 0;
  if (log_.room().MayGainRoom()) return Later(HeldFor::kSpace);
  if (unflushed > 0 && !background_.out_of_space()) return Later(HeldFor::kSpace);
  if (intent != Intent::kEmpty || !space_.OpenLastPart()) return WriteGate::kFull;
  log_.RetrySegments();
  return Later(HeldFor::kSpace);
}

WriteGate AdmissionControl::JudgeMemory(uint64_t bytes, Intent intent, const Memory& memory) {
  // What is larger than all memtables comes in when nothing waits.
  const bool has_room = memory.waiting == 0 || memory.waiting + memory.active + bytes <=
                                                   memory.waiting_max + memory.active_max;
  if (intent == Intent::kAdd && !has_room) return Later(HeldFor::kMemtables);
  if (memory.waiting < memory.waiting_max) return WriteGate::kOpen;
  // Flushes that find no room wait for what this would give back.
  if (intent == Intent::kAdd || !background_.out_of_space()) return Later(HeldFor::kMemtables);
  const bool too_much = memory.waiting >= kStuckShare * memory.waiting_max;
  return too_much ? WriteGate::kFull : WriteGate::kOpen;
}

WriteGate AdmissionControl::JudgeLog(uint64_t bytes, Intent intent) {
  const bool frees = intent != Intent::kAdd;
  const LogRoom& room = log_.room();
  if (!room.HasMemoryFor(bytes)) return Later(HeldFor::kLogMemory);
  if (!frees && room.SegmentIsLate()) return Later(HeldFor::kLogSegment);
  if (room.SyncIsLate()) return Later(HeldFor::kLogSync);
  if (room.HasRoomFor(bytes, SpareBytes(intent))) return WriteGate::kOpen;
  switch (log_.Reserve(bytes + SpareBytes(intent))) {
    case Admission::kReady:
      return WriteGate::kOpen;
    case Admission::kWait:
      return Later(HeldFor::kLogSegment);
    case Admission::kNoSpace:
      return WriteGate::kFull;
    case Admission::kClosed:
      return WriteGate::kFailed;
  }
  return WriteGate::kFailed;
}

uint64_t AdmissionControl::SpareBytes(Intent intent) const {
  return intent == Intent::kTakeAway ? log_.room().spare_bytes() : 0;
}

}  // namespace cordwood::storage
