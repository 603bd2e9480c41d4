#include "net/tls/certificate_watch.h"

#include <algorithm>
#include <utility>

#include <absl/time/clock.h>
#include <fmt/format.h>

namespace tomada::net {
namespace {

constexpr std::chrono::hours kTicketKeys{12};
constexpr absl::Duration kAgain = absl::Hours(24);

}  // namespace

CertificateWatch::CertificateWatch(TlsServerContext& context, Logger log, const Metrics& metrics,
                                   std::function<void(const std::string& warning)> warn,
                                   std::chrono::milliseconds interval)
    : context_(context),
      log_(std::move(log)),
      metrics_(metrics),
      warn_(std::move(warn)),
      interval_(interval),
      reloaded_(metrics.counter("tomada_tls_reloads_total", "Changed certificates, by what became of them.",
                                {{"result", "ok"}})),
      failed_(metrics.counter("tomada_tls_reloads_total", "Changed certificates, by what became of them.",
                              {{"result", "failed"}})),
      new_tickets_(std::chrono::steady_clock::now() + kTicketKeys) {}

CertificateWatch::~CertificateWatch() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CertificateWatch::Start() {
  WarnOfReadableKeys();
  Report();
  thread_ = std::thread([this] { Run(); });
}

void CertificateWatch::Run() {
  for (;;) {
    // What is wrong may be half written: a certificate and its key are two files.
    const bool soon = mistake_ != told_;
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, soon ? interval_ / 10 : interval_, [this] { return stopping_; })) return;
    }
    Look();
    Report();
    RenewTickets();
  }
}

void CertificateWatch::Look() {
  const absl::StatusOr<bool> changed = context_.Refresh();
  if (!changed.ok()) {
    std::string mistake(changed.status().message());
    const bool stays = mistake == mistake_;
    mistake_ = std::move(mistake);
    if (!stays || mistake_ == told_) return;
    told_ = mistake_;
    failed_.Add();
    return log_.Error("new certificates cannot be used, the old ones stay", {{"reason", mistake_}});
  }
  mistake_.clear();
  told_.clear();
  if (!*changed) return;
  reloaded_.Add();
  log_.Info("new certificates are used");
  WarnOfReadableKeys();
}

void CertificateWatch::WarnOfReadableKeys() {
  for (const std::string& key : context_.ReadableKeys()) log_.Warning("a key is not secret", {{"reason", key}});
}

void CertificateWatch::Report() {
  const absl::Time now = absl::Now();
  std::string warning;
  for (const TlsServerContext::Validity& validity : context_.Validities()) {
    auto [shown, added] = expiries_.try_emplace(validity.path);
    if (added) {
      shown->second.first =
          metrics_.gauge("tomada_tls_certificate_expiry_timestamp_seconds", "When a certificate ends, as a Unix time.",
                         {{"certificate", validity.path}});
    }
    const int64_t expires = absl::ToUnixSeconds(validity.expires);
    shown->second.first.Add(expires - std::exchange(shown->second.second, expires));
    const absl::Duration left = validity.expires - now;
    if (left > kNotice || !warning.empty()) continue;
    warning = left <= absl::ZeroDuration()
                  ? fmt::format("the certificate in {} has expired", validity.path)
                  : fmt::format("the certificate in {} ends in {} days", validity.path, absl::ToInt64Hours(left) / 24);
  }
  if (!warning.empty() && (warning != expiring_ || now - warned_ >= kAgain)) {
    warned_ = now;
    log_.Warning("a certificate has to be renewed", {{"reason", warning}});
  }
  expiring_ = warning;
  if (!told_.empty())
    warning += fmt::format("{}new certificates cannot be used: {}", warning.empty() ? "" : "; ", told_);
  if (warning == std::exchange(warning_, warning)) return;
  warn_(warning_);
}

void CertificateWatch::RenewTickets() {
  if (std::chrono::steady_clock::now() < new_tickets_ || !context_.RenewTicketKeys()) return;
  new_tickets_ = std::chrono::steady_clock::now() + kTicketKeys;
}

}  // namespace tomada::net
