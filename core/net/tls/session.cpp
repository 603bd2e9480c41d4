#include "net/tls/session.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <new>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace tomada::net {
namespace {

// An address has no name that could be sent (RFC 6066, section 3), and its own kind of entry in a certificate.
bool IsAddress(const std::string& name) {
  in6_addr address;
  return ::inet_pton(AF_INET, name.c_str(), &address) == 1 || ::inet_pton(AF_INET6, name.c_str(), &address) == 1;
}

// OpenSSL asks this queue after a failure. To clear it each time costs more than to look.
void ClearErrors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

// A BIO of our own: OpenSSL's in memory costs a third of what a small request by TLS costs.
struct TlsSession::Wire {
  std::string in;
  size_t taken = 0;  // of `in`
  std::string out;

  static Wire& Of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

  static int Read(BIO* bio, char* buffer, int size) {
    Wire& wire = Of(bio);
    BIO_clear_retry_flags(bio);
    const size_t count = std::min(wire.in.size() - wire.taken, static_cast<size_t>(std::max(size, 0)));
    if (count == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(buffer, wire.in.data() + wire.taken, count);
    wire.taken += count;
    if (wire.taken == wire.in.size()) wire.Clear();
    return static_cast<int>(count);
  }

  static int Write(BIO* bio, const char* bytes, int size) {
    Of(bio).out.append(bytes, static_cast<size_t>(size));
    return size;
  }

  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static int Create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* Method() {
    static BIO_METHOD* const kMethod = [] {
      BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tomada");
      BIO_meth_set_read(method, Read);
      BIO_meth_set_write(method, Write);
      BIO_meth_set_ctrl(method, Control);
      BIO_meth_set_create(method, Create);
      return method;
    }();
    return kMethod;
  }

  void Clear() {
    in.clear();
    taken = 0;
    if (in.capacity() > kKept) in.shrink_to_fit();
  }

  static constexpr size_t kKept = 16 << 10;
};

void TlsSession::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsSession::TlsSession(std::shared_ptr<ssl_ctx_st> context, const std::string& name, const std::string& protocol)
    : context_(std::move(context)), name_(name), protocol_(protocol), ssl_(SSL_new(context_.get())) {
  Begin(false);
  if (IsAddress(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
    SSL_set1_host(ssl_.get(), name.c_str());
  }
  if (!protocol.empty()) {
    const std::string offered = static_cast<char>(protocol.size()) + protocol;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                        static_cast<unsigned>(offered.size()));
  }
  Shake();
}

TlsSession::TlsSession(std::shared_ptr<ssl_ctx_st> context)
    : context_(std::move(context)), ssl_(SSL_new(context_.get())) {
  Begin(true);
}

void TlsSession::Begin(bool server) {
  wire_ = std::make_shared<Wire>();
  BIO* bio = BIO_new(Wire::Method());
  if (ssl_ == nullptr || bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, wire_.get());
  SSL_set_bio(ssl_.get(), bio, bio);
  server ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
}

void TlsSession::Receive(std::string_view encrypted) {
  wire_->in.append(encrypted);
  if (state_ == State::kHandshake) Shake();
}

void TlsSession::Shake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return Look(result);
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
  const std::string_view protocol(reinterpret_cast<const char*>(chosen), size);
  if (SSL_is_server(ssl_.get()) == 1) protocol_ = protocol;  // the context has chosen
  state_ = protocol == protocol_ ? State::kOpen : State::kBroken;
  if (state_ == State::kBroken) error_ = fmt::format("the server does not speak {} over TLS (ALPN)", protocol_);
}

size_t TlsSession::Read(std::span<char> buffer) {
  if (state_ != State::kOpen || (wire_->in.empty() && SSL_pending(ssl_.get()) == 0)) return 0;
  ClearErrors();
  size_t size = 0;
  const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
  if (result != 1) Look(result);
  return size;
}

size_t TlsSession::Write(std::string_view bytes) {
  size_t written = 0;
  // Whoever says nothing more may still listen.
  while ((state_ == State::kOpen || state_ == State::kEnded) && written < bytes.size()) {
    ClearErrors();
    size_t size = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data() + written, bytes.size() - written, &size);
    if (result != 1) {
      Look(result);
      break;
    }
    written += size;
  }
  return written;
}

void TlsSession::Send(std::string& out) {
  if (out.empty()) {
    out.swap(wire_->out);
  } else {
    out += wire_->out;
  }
  wire_->out.clear();
}

void TlsSession::SayGoodbye() {
  if (state_ != State::kOpen && state_ != State::kEnded) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool TlsSession::HasUnread() const { return !wire_->in.empty() || SSL_has_pending(ssl_.get()) == 1; }

bool TlsSession::resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

std::string TlsSession::PeerIdentity() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return "";
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (const int type : {GEN_URI, GEN_DNS}) {
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
      const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
      if (name->type != type) continue;
      const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.ia5)),
                                  static_cast<size_t>(ASN1_STRING_length(name->d.ia5)));
      // Whoever compares it compares what they see.
      const bool printable = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
      if (printable && !text.empty()) return std::string(text);
    }
  }
  return "";
}

void TlsSession::Look(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return;
    case SSL_ERROR_ZERO_RETURN: state_ = State::kEnded; return;
    default: state_ = State::kBroken; error_ = Reason();
  }
}

std::string TlsSession::Reason() const {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(error);
  std::string text = reason != nullptr ? reason : "broken TLS";
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified == X509_V_OK || ERR_GET_REASON(error) != SSL_R_CERTIFICATE_VERIFY_FAILED) return text;
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return fmt::format("{}: the server's certificate is not of {}", text, name_);
  }
  return fmt::format("{}: {}", text, X509_verify_cert_error_string(verified));
}

}  // namespace tomada::net
