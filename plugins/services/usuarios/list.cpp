// ObterUsuarios and ExportarUsuarios.
#include <algorithm>
#include <string_view>

#include <google/protobuf/io/coded_stream.h>

#include <fmt/format.h>

#include "service.h"
#include "stored_user.h"
#include "validation.h"

namespace tomada::usuarios {
namespace {

// Over HTTP, for a client that gives none; also what ExportarUsuarios reads at a time.
constexpr int kDefaultPageSize = 100;

// Whether one of our HTTP front ends took this request, here or in another process: it says so in Via (RFC 9110 7.6.3)
// as "1.1 tomada". Other gateways do not count: an old gRPC client behind one still gets every user.
bool CameOverHttp(const Metadata& metadata) {
  return std::ranges::any_of(metadata.entries(), [](const Metadata::Entry& entry) {
    return entry.first == "via" && (entry.second + ",").find(" tomada,") != std::string::npos;
  });
}

// What `usuario` adds to a response: its tag, its length and itself.
uint64_t SizeInList(const api::Usuario& usuario) {
  size_t size = usuario.ByteSizeLong();
  return 1 + google::protobuf::io::CodedOutputStream::VarintSize64(size) + size;
}

absl::Status TooManyForOneResponse(uint64_t limit) {
  return absl::ResourceExhaustedError(
      fmt::format("all users together are more than {} bytes, the limit of one response; "
                  "ask for pages with tamanho_pagina and token_pagina, or use ExportarUsuarios",
                  limit));
}

}  // namespace

Task<absl::Status> UsuariosService::ObterUsuarios(Call& call, const api::ObterUsuariosRequest& request,
                                                  api::ObterUsuariosResponse& response) {
  if (absl::Status valid = Validate(request); !valid.ok()) co_return valid;
  int page_size = request.tamanho_pagina();
  if (page_size == 0) {
    if (request.token_pagina().empty() && !CameOverHttp(call.metadata())) co_return co_await ListAll(call, response);
    page_size = kDefaultPageSize;
  }
  absl::StatusOr<Page> page = co_await table_.List(call, page_size, request.token_pagina());
  if (absl::IsInvalidArgument(page.status())) {
    co_return Violation("token_pagina", "must be the proximo_token of a page, or left out");
  }
  if (!page.ok()) co_return page.status();
  for (const RecordPtr& record : page->records) {
    if (absl::Status read = ReadUsuario(*record, *response.add_usuarios()); !read.ok()) co_return read;
  }
  response.set_proximo_token(std::move(page->next_token));
  co_return absl::OkStatus();
}

// Measures all users before it fills the response, so that a refusal takes the memory of a page and not of a response
// that is given up. A single page is measured as it is filled.
Task<absl::Status> UsuariosService::ListAll(Call& call, api::ObterUsuariosResponse& response) {
  api::Usuario measured;
  for (bool fill : {false, true}) {
    uint64_t size = 0;
    std::string token;
    do {
      absl::StatusOr<Page> page = co_await table_.List(call, kMaxPageSize, token);
      if (!page.ok()) co_return page.status();
      fill = fill || (token.empty() && page->next_token.empty());
      token = std::move(page->next_token);
      for (const RecordPtr& record : page->records) {
        api::Usuario& usuario = fill ? *response.add_usuarios() : measured;
        usuario.Clear();
        if (absl::Status read = ReadUsuario(*record, usuario); !read.ok()) co_return read;
        size += SizeInList(usuario);
        if (size > options_.max_list_bytes) {
          response.Clear();
          co_return TooManyForOneResponse(options_.max_list_bytes);
        }
      }
    } while (!token.empty());
    if (fill) break;
  }
  co_return absl::OkStatus();
}

Task<absl::Status> UsuariosService::ExportarUsuarios(Call& call, const api::ExportarUsuariosRequest&,
                                                     Writer<api::Usuario> usuarios) {
  std::string token;
  do {
    absl::StatusOr<Page> page = co_await table_.List(call, kDefaultPageSize, token);
    if (!page.ok()) co_return page.status();
    for (const RecordPtr& record : page->records) {
      api::Usuario usuario;
      if (absl::Status read = ReadUsuario(*record, usuario); !read.ok()) co_return read;
      absl::Status sent = co_await usuarios.Write(usuario);
      if (!sent.ok()) co_return sent;
    }
    token = std::move(page->next_token);
  } while (!token.empty());
  co_return absl::OkStatus();
}

}  // namespace tomada::usuarios
