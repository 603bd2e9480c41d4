#include "net/server/http1_session.h"

#include <algorithm>

#include "net/server/worker.h"

namespace tomada::net {
namespace {

// Answers of one client that are made before it has taken those before them: those that wait, and those to come of the
// requests under way. One request is served in any case.
constexpr size_t kAnswersAhead = 16 << 10;

}  // namespace

Http1Session::Http1Session(Connection& connection, RequestHandler& handler)
    : connection_(connection), handler_(handler) {
  connection_.SetReadDeadline(connection_.worker().now() + connection_.worker().limits().header_timeout);
}

bool Http1Session::accepting() const {
  if (no_more_requests_) return !connection_.congested();  // read on, to see when the client goes
  return !RequestWaits() && HasRoom();
}

bool Http1Session::HasRoom() const {
  if (connection_.congested()) return false;
  if (connection_.unsent() + held_bytes_ + unanswered_ * answer_size_ >= kAnswersAhead) return false;
  size_t limit = connection_.worker().limits().max_pipelined;
  return streams_.size() < (was_full_ ? (limit + 1) / 2 : limit);
}

size_t Http1Session::Consume(std::string_view input) {
  size_t used = 0;
  while (used < input.size() && !no_more_requests_ && accepting()) {
    size_t count = ReadRequest(input.substr(used));
    if (count == 0) break;
    used += count;
  }
  unparsed_ = input.size() - used;
  return no_more_requests_ ? input.size() : used;
}

// Reads on in the request under way, or in a new one.
size_t Http1Session::ReadRequest(std::string_view input) {
  if (!parser_) {
    // An empty line before a request is ignored (RFC 9112, 2.2).
    if (input.substr(0, 2) == "\r\n") return 2;
    if (input == "\r") return 0;
    Start();
  }
  bool had_head = parser_->head_complete();
  const size_t used = parser_->Put(input);
  if (parser_->refusal().status != 0) {
    RefuseRequest(parser_->refusal());
  } else if (parser_->complete()) {
    connection_.SetReadDeadline(Deadline::max());
  } else if (!had_head && parser_->head_complete()) {
    connection_.SetReadDeadline(connection_.worker().now() + connection_.worker().limits().body_timeout);
    continue_owed_ = parser_->expects_continue() && request_->body.empty();
    AnswerExpect();
  }
  return used;
}

void Http1Session::Start() {
  Worker& worker = connection_.worker();
  request_ = worker.requests().Take();
  parser_.emplace(*request_, worker.limits());
  continue_owed_ = false;
  connection_.SetReadDeadline(worker.now() + worker.limits().header_timeout);
}

// Only when the answers before it are out: the client could not tell whose it is.
void Http1Session::AnswerExpect() {
  if (!continue_owed_ || !streams_.empty()) return;
  continue_owed_ = false;
  connection_.output().append(kContinue);
}

void Http1Session::Serve() {
  Stream& stream = streams_.emplace_back();
  ++unanswered_;
  stream.keep_alive = parser_->keep_alive_wanted();
  stream.head_only = request_->method == "HEAD";
  stream.http10 = parser_->http10();
  no_more_requests_ = !stream.keep_alive;
  was_full_ = streams_.size() >= connection_.worker().limits().max_pipelined;
  parser_.reset();
  uint64_t number = first_stream_ + streams_.size() - 1;
  handler_.Handle(std::move(request_), ReplyAddress(connection_.worker(), connection_.id(), number));
}

void Http1Session::RefuseRequest(Refusal refusal) {
  connection_.worker().CountRefusal(connection_, refusal.status, refusal.message);
  parser_.reset();
  if (!request_) request_ = connection_.worker().requests().Take();
  connection_.SetReadDeadline(Deadline::max());
  no_more_requests_ = true;
  Stream& stream = streams_.emplace_back();
  ++unanswered_;
  stream.keep_alive = false;
  stream.head_only = request_->method == "HEAD";
  const uint64_t number = first_stream_ + streams_.size() - 1;
  const ReplyAddress reply(connection_.worker(), connection_.id(), number);
  handler_.Refuse(std::move(request_), reply, refusal.status, refusal.message);
}

void Http1Session::Shutdown() {
  if (parser_) RefuseRequest({503, kShuttingDown});
  no_more_requests_ = true;
  if (streams_.empty()) return connection_.Close();
  streams_.back().keep_alive = false;
  streams_.back().close_after = true;
  for (StreamObserver* observer : Observers()) observer->OnShutdown();
}

void Http1Session::Refuse(std::string_view why) { RefuseRequest({503, why}); }

void Http1Session::OnReadTimeout() {
  if (parser_) {
    RefuseRequest({408, "the request did not arrive in time"});
  } else if (streams_.empty()) {
    connection_.Close();
  }
}

void Http1Session::OnDisconnect() {
  no_more_requests_ = true;
  parser_.reset();
  request_.reset();
  const std::vector<StreamObserver*> observers = Observers();
  for (Stream& stream : streams_) {
    stream.observer = nullptr;
    stream.held.clear();
  }
  held_bytes_ = 0;
  for (StreamObserver* observer : observers) observer->OnDisconnect();
}

// Apart from the streams: some answer at once, and that takes streams off.
std::vector<StreamObserver*> Http1Session::Observers() const {
  std::vector<StreamObserver*> observers;
  for (const Stream& stream : streams_) {
    if (stream.observer != nullptr) observers.push_back(stream.observer);
  }
  return observers;
}

void Http1Session::SetIdleDeadline() {
  if (!idle() || no_more_requests_) return;
  const Limits& limits = connection_.worker().limits();
  const auto idle_for = draining_ ? std::min(limits.idle_timeout, limits.drain_linger) : limits.idle_timeout;
  connection_.SetReadDeadline(connection_.worker().now() + idle_for);
}

Http1Session::Stream* Http1Session::Find(uint64_t stream) {
  if (stream < first_stream_ || stream - first_stream_ >= streams_.size()) return nullptr;
  Stream& found = streams_[stream - first_stream_];
  return found.ended ? nullptr : &found;
}

template <class Append>
void Http1Session::Emit(Stream& stream, Append append) {
  if (IsFront(stream)) return append(connection_.output());
  held_bytes_ -= stream.held.size();
  append(stream.held);
  held_bytes_ += stream.held.size();
  connection_.SettleLater();
}

void Http1Session::Observe(uint64_t stream, StreamObserver* observer) {
  if (Stream* found = Find(stream)) found->observer = observer;
}

// While draining, the last answer closes; but not while a request that came already waits behind it.
bool Http1Session::CloseAfter(const Stream& stream) const {
  if (!stream.keep_alive) return true;
  return draining_ && &stream == &streams_.back() && !parser_ && unparsed_ == 0 && !connection_.HasUnreadInput();
}

void Http1Session::Respond(uint64_t stream, const Response& response, std::string_view body) {
  RespondWith(stream, response, body.size(),
              [&](Stream& found) { Emit(found, [&](std::string& out) { out.append(body); }); });
}

void Http1Session::RespondShared(uint64_t stream, const Response& response, std::string_view body) {
  RespondWith(stream, response, body.size(), [&](Stream& found) {
    if (IsFront(found)) {
      connection_.OutputShared(body);
    } else {
      found.shared = body;
    }
  });
}

Http1Framing Http1Session::FramingOf(const Stream& stream) const {
  Http1Framing framing;
  framing.date = connection_.worker().http_date();
  framing.close = stream.close_after;
  if (!draining_) framing.keep_alive = connection_.worker().limits().keep_alive;
  return framing;
}

template <class AppendBody>
void Http1Session::RespondWith(uint64_t stream, const Response& response, size_t length, AppendBody append_body) {
  Stream* found = Find(stream);
  if (found == nullptr || found->begun) return;
  found->close_after = CloseAfter(*found);
  Http1Framing framing = FramingOf(*found);
  framing.confirm_keep_alive = found->http10;
  if (response.status != 204 && response.status != 304) framing.length = length;
  Emit(*found, [&](std::string& out) { AppendHead(response, framing, out); });
  if (!found->head_only) append_body(*found);
  answer_size_ = std::max(length, (answer_size_ + length) / 2);
  Finish(*found);
}

void Http1Session::Begin(uint64_t stream, const Response& response) {
  Stream* found = Find(stream);
  if (found == nullptr || found->begun) return;
  found->begun = true;
  found->chunked = !found->http10;
  found->close_after = CloseAfter(*found) || found->http10;
  Http1Framing framing = FramingOf(*found);
  framing.chunked = found->chunked;
  Emit(*found, [&](std::string& out) { AppendHead(response, framing, out); });
}

bool Http1Session::Write(uint64_t stream, std::string_view bytes) {
  Stream* found = Find(stream);
  if (found == nullptr || bytes.empty() || found->head_only) return true;
  Emit(*found, [&](std::string& out) {
    if (found->chunked) {
      AppendChunk(bytes, out);
    } else {
      out.append(bytes);
    }
  });
  bool room = IsFront(*found) && !connection_.congested();
  found->wants_room = !room;
  return room;
}

void Http1Session::End(uint64_t stream) {
  Stream* found = Find(stream);
  if (found == nullptr || !found->begun) return;
  if (found->chunked && !found->head_only) {
    Emit(*found, [](std::string& out) { out.append(kLastChunk); });
  }
  Finish(*found);
}

// Without the last chunk, and nothing after it on this connection.
void Http1Session::Break(uint64_t stream) {
  Stream* found = Find(stream);
  if (found == nullptr || !found->begun) return;
  found->close_after = true;
  Finish(*found);
}

void Http1Session::OnOutputRoom() {
  if (streams_.empty() || !streams_.front().wants_room) return;
  streams_.front().wants_room = false;
  if (StreamObserver* observer = streams_.front().observer) observer->OnRoom();
}

void Http1Session::Finish(Stream& stream) {
  stream.ended = true;
  --unanswered_;
  stream.observer = nullptr;
  if (stream.close_after) no_more_requests_ = true;
  if (IsFront(stream)) PopEnded();
}

// Takes the answered streams off the front and lets the next one speak.
void Http1Session::PopEnded() {
  while (!streams_.empty() && streams_.front().ended) {
    const bool close = streams_.front().close_after;
    if (close && streams_.size() > 1) {
      // It stays in front, so that none of those behind it speaks: their answers would be taken for a part of this one.
      OnDisconnect();
      return connection_.Close();
    }
    streams_.pop_front();
    ++first_stream_;
    if (close) return connection_.Close();
    if (streams_.empty()) break;
    Stream& next = streams_.front();
    held_bytes_ -= next.held.size();
    connection_.output().append(next.held);
    connection_.OutputShared(next.shared);
    next.held.clear();
  }
  if (!streams_.empty()) return;
  AnswerExpect();
  SetIdleDeadline();
}

}  // namespace tomada::net
