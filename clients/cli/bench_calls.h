// clients/cli/bench_calls.h: what calls cost on the log as it is, against an empty RPC.
//
// Not thread-safe.
#ifndef MENTORLOG_CLIENTS_CLI_BENCH_CALLS_H_
#define MENTORLOG_CLIENTS_CLI_BENCH_CALLS_H_

#include <cstdint>
#include <optional>

#include "clients/cli/bench.h"
#include "clients/cli/closed_loop.h"
#include "clients/cli/status.h"

namespace mentorlog::cli {

// One caller's reads.
struct ReadCosts {
  LoopResult echo;
  LoopResult relationship;
  LoopResult today;
  // A page of the list of people, and one of whom nobody has touched for a while.
  LoopResult page;
  LoopResult unattended;

  // The median of a kind of call against that of the empty RPC; 0 if there is none.
  double ToEcho(const LoopResult& calls) const;
};

// Check-ins and empty RPCs, 64 in flight.
struct AppendCost {
  LoopResult echo;
  LoopResult append;
};

// Of relationships that there are, each with a check-in. Phases alternate; `seconds` is how long each kind is measured.
std::optional<Failure> MeasureReads(Bench& bench, const Pairs& pairs, int seconds, ReadCosts& costs);
// Logs a check-in for each of the pairs, and then `count` that are measured.
std::optional<Failure> MeasureAppends(Bench& bench, const Pairs& pairs, std::uint64_t count, AppendCost& cost);

}  // namespace mentorlog::cli

#endif  // MENTORLOG_CLIENTS_CLI_BENCH_CALLS_H_
