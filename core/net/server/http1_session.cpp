#include "net/server/http1_session.h"

#include <algorithm>
#include <utility>

#include "net/server/worker.h"

namespace tomada::net {
namespace {

// Answers of one client that are made before it has taken those before them: those that wait, and those to come of the
// requests under way. One request is served in any case.
constexpr size_t kAnswersAhead = 16 << 10;
constexpr std::string_view kTooManyCalls = "the server has as many calls as it may: try again later";

}  // namespace

Http1Session::Http1Session(Connection& connection, RequestHandler& handler)
    : connection_(connection), handler_(handler) {
  connection_.SetReadDeadline(connection_.worker().now() + connection_.worker().limits().header_timeout);
}

bool Http1Session::accepting() const {
  if (receiving_) return streams_[*receiving_ - first_stream_].body.size() < kBodyCredit;
  if (in_pieces_) return !parser_->complete() && request_->body.size() < kBodyCredit;
  if (no_more_requests_) return !congested();  // read on, to see when the client goes
  return !RequestWaits() && HasRoom();
}

bool Http1Session::HasRoom() const {
  if (congested()) return false;
  if (unsent() + held_bytes_ + unanswered_ * answer_size_ >= kAnswersAhead) return false;
  size_t limit = connection_.worker().limits().max_pipelined;
  if (connection_.calls() >= limit) return false;
  return streams_.size() < (was_full_ ? (limit + 1) / 2 : limit);
}

size_t Http1Session::Receive(std::string_view input) {
  size_t used = 0;
  while (used < input.size() && (receiving_ || !no_more_requests_) && accepting()) {
    size_t count = receiving_ ? ReadBody(input.substr(used)) : ReadRequest(input.substr(used));
    if (count == 0) break;
    used += count;
  }
  unparsed_ = input.size() - used;
  return no_more_requests_ && !receiving_ ? input.size() : used;
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
    OnHead(used < input.size());
  }
  return used;
}

void Http1Session::OnHead(bool body_is_here) {
  const BodyWish wish = handler_.WishFor(*request_);
  in_pieces_ = wish != BodyWish::kWhole;
  conversation_ = wish == BodyWish::kConversation;
  if (in_pieces_) {
    parser_->StreamBody();
  } else {
    parser_->GatherBody();
  }
  if (parser_->refusal().status != 0) return RefuseRequest(parser_->refusal());
  const Worker& worker = connection_.worker();
  connection_.SetReadDeadline(in_pieces_ ? Deadline::max() : worker.now() + worker.limits().body_timeout);
  continue_owed_ = parser_->expects_continue() && !body_is_here;
  AnswerExpect();
}

size_t Http1Session::ReadBody(std::string_view input) {
  const size_t used = parser_->Put(input);
  Stream& stream = *Find(*receiving_);
  continue_owed_ = continue_owed_ && stream.body.empty();
  if (parser_->refusal().status != 0) {
    RefuseBody(parser_->refusal());
    return used;
  }
  if (parser_->complete()) {
    stream.body_whole = true;
    EndBody();
  } else {
    SetBodyDeadline(stream);
  }
  if (stream.observer != nullptr) stream.observer->OnBody();
  return used;
}

void Http1Session::EndBody() {
  receiving_.reset();
  parser_.reset();
  continue_owed_ = false;
  connection_.SetReadDeadline(Deadline::max());
}

void Http1Session::RefuseBody(Refusal refusal) {
  const uint64_t number = *receiving_;
  connection_.worker().CountRefusal(connection_, refusal.status, refusal.message);
  EndBody();
  no_more_requests_ = true;
  if (StreamObserver* observer = Find(number)->observer) observer->OnBodyRefused(refusal.status, refusal.message);
  Reset(number, ResetCode::kCancel);  // unless that was answered
}

void Http1Session::SetBodyDeadline(const Stream& stream) {
  const Worker& worker = connection_.worker();
  const bool wanted = !conversation_ && stream.body.size() < kBodyCredit;
  connection_.SetReadDeadline(wanted ? worker.now() + worker.limits().body_timeout : Deadline::max());
}

Body Http1Session::TakeBody(uint64_t stream, std::string& out) {
  Stream* found = Find(stream);
  if (found == nullptr) return Body::kGone;
  out.append(found->body);
  found->body.clear();
  if (found->body_whole) return Body::kWhole;
  if (receiving_ != stream) return Body::kGone;
  SetBodyDeadline(*found);
  connection_.SettleLater();
  return Body::kOpen;
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
  if (!continue_owed_) return;
  const bool its_turn = receiving_ ? *receiving_ == first_stream_ && !streams_.front().begun : streams_.empty();
  if (!its_turn) return;
  continue_owed_ = false;
  output_.text().append(kContinue);
  connection_.SettleLater();
}

void Http1Session::Serve() {
  Stream& stream = streams_.emplace_back();
  ++unanswered_;
  stream.keep_alive = parser_->keep_alive_wanted();
  stream.head_only = request_->method == "HEAD";
  stream.http10 = parser_->http10();
  no_more_requests_ = !stream.keep_alive;
  was_full_ = streams_.size() >= connection_.worker().limits().max_pipelined;
  const uint64_t number = first_stream_ + streams_.size() - 1;
  if (std::exchange(in_pieces_, false)) {
    request_->body_follows = true;
    parser_->MoveBodyTo(stream.body);
    stream.body_whole = parser_->complete();
    if (!stream.body_whole) {
      receiving_ = number;
      SetBodyDeadline(stream);
    }
  }
  if (!receiving_) parser_.reset();
  const ResponseStream reply(connection_.worker(), connection_.id(), number);
  request_->slot = connection_.worker().BeginCall(connection_);
  if (request_->slot) return handler_.Handle(std::move(request_), reply);
  connection_.worker().CountRefusal(connection_, 429, kTooManyCalls);
  handler_.Refuse(std::move(request_), reply, 429, kTooManyCalls);
}

void Http1Session::RefuseRequest(Refusal refusal) {
  connection_.worker().CountRefusal(connection_, refusal.status, refusal.message);
  parser_.reset();
  in_pieces_ = false;
  if (!request_) request_ = connection_.worker().requests().Take();
  connection_.SetReadDeadline(Deadline::max());
  no_more_requests_ = true;
  Stream& stream = streams_.emplace_back();
  ++unanswered_;
  stream.keep_alive = false;
  stream.head_only = request_->method == "HEAD";
  const uint64_t number = first_stream_ + streams_.size() - 1;
  const ResponseStream reply(connection_.worker(), connection_.id(), number);
  handler_.Refuse(std::move(request_), reply, refusal.status, refusal.message);
}

void Http1Session::Shutdown() {
  if (parser_ && !receiving_) RefuseRequest({503, kShuttingDown});
  no_more_requests_ = true;
  if (streams_.empty()) return connection_.Close();
  streams_.back().keep_alive = false;
  streams_.back().close_after = true;
  for (StreamObserver* observer : Observers()) observer->OnShutdown();
}

void Http1Session::Refuse(int http_status, std::string_view why) { RefuseRequest({http_status, why}); }

void Http1Session::OnReadTimeout() {
  constexpr Refusal kTooSlow{408, "the request did not arrive in time"};
  if (receiving_) {
    RefuseBody(kTooSlow);
  } else if (parser_) {
    RefuseRequest(kTooSlow);
  } else if (streams_.empty()) {
    connection_.Close();
  }
}

void Http1Session::OnDisconnect() {
  no_more_requests_ = true;
  receiving_.reset();
  in_pieces_ = false;
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
  connection_.SettleLater();
  if (IsFront(stream)) return append(output_.text());
  held_bytes_ -= stream.held.size();
  append(stream.held);
  held_bytes_ += stream.held.size();
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
      output_.AppendShared(body);
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
  found->close_after = CloseAfter(*found) || !found->body_whole;
  Http1Framing framing = FramingOf(*found);
  framing.confirm_keep_alive = found->http10;
  if (response.status != 204 && response.status != 304) framing.length = length;
  Emit(*found, [&](std::string& out) { AppendHead(response, framing, out); });
  if (!found->head_only) append_body(*found);
  answer_size_ = std::max(length, (answer_size_ + length) / 2);
  Finish(*found);
}

void Http1Session::SendHead(uint64_t stream, const Response& response) {
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
  bool room = IsFront(*found) && !congested();
  found->wants_room = !room;
  return room;
}

void Http1Session::End(uint64_t stream, Trailers trailers) {
  Stream* found = Find(stream);
  if (found == nullptr || !found->begun) return;
  if (found->chunked && !found->head_only) {
    Emit(*found, [&](std::string& out) { AppendLastChunk(trailers, out); });
  }
  Finish(*found);
}

// Without the last chunk, and nothing after it on this connection.
void Http1Session::Reset(uint64_t stream, ResetCode) {
  Stream* found = Find(stream);
  if (found == nullptr) return;
  found->close_after = true;
  Finish(*found);
}

void Http1Session::Send(OutputQueue& out, size_t limit) {
  output_.MoveTo(out, limit);
  if (streams_.empty() || !streams_.front().wants_room || congested()) return;
  streams_.front().wants_room = false;
  if (StreamObserver* observer = streams_.front().observer) observer->OnRoom();
}

void Http1Session::Finish(Stream& stream) {
  stream.ended = true;
  // What is still to come of the body would be read as a request.
  if (!stream.body_whole) stream.close_after = true;
  if (receiving_ && &streams_[*receiving_ - first_stream_] == &stream) EndBody();
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
    AnswerExpect();
    Stream& next = streams_.front();
    held_bytes_ -= next.held.size();
    output_.text().append(next.held);
    output_.AppendShared(next.shared);
    connection_.SettleLater();
    next.held.clear();
  }
  if (!streams_.empty()) return;
  AnswerExpect();
  SetIdleDeadline();
}

}  // namespace tomada::net
