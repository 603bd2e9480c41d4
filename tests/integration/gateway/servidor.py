"""A gRPC server in Python that knows nothing of Tomada: acervo.Acervo, and reflection.

    servidor.py PORT PROTO_FOLDER GOOGLEAPIS_FOLDER

COMPRESSAO=gzip or deflate compresses all answers, as such servers do for whoever asks. Reflection is v1alpha, as grpcio's own package offers it (Debian has none of it).
"""

import os
import subprocess
import sys
import tempfile
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, empty_pb2

HERE = Path(__file__).resolve().parent
PROTOS = ["google/api/annotations.proto", "google/api/http.proto", "google/rpc/status.proto",
          "google/rpc/error_details.proto", "grpc/reflection/v1alpha/reflection.proto", "tomada/http.proto",
          "acervo.proto"]


def generate(proto_folder, googleapis):
    """Python modules of PROTOS, importable from here on."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(["protoc", f"-I{HERE}", f"-I{proto_folder}", f"-I{googleapis}", f"--python_out={out}", *PROTOS],
                       check=True)
        # The folder google is a package of Debian's protobuf as well.
        import google
        google.__path__.append(os.path.join(out, "google"))
        # So is grpc, of grpcio.
        grpc.__path__.append(os.path.join(out, "grpc"))
        sys.path.append(out)
        import acervo_pb2
        from google.rpc import error_details_pb2, status_pb2
        from grpc.reflection.v1alpha import reflection_pb2
    return acervo_pb2, error_details_pb2, status_pb2, reflection_pb2


acervo, error_details, rpc_status, reflection = generate(*sys.argv[2:4])


def fail(context, code, message, *details):
    status = rpc_status.Status(code=code.value[0], message=message)
    for detail in details:
        status.details.append(any_pb2.Any())
        status.details[-1].Pack(detail)
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    context.abort(code, message)


def livro(isbn, titulo="Dom Casmurro", exemplares=2**53 + 1):
    book = acervo.Livro(isbn=isbn, titulo=titulo, exemplares=exemplares)
    book.publicado_em.FromJsonString("1899-12-01T03:00:00Z")
    return book


def obter_livro(request, context):
    metadata = dict(context.invocation_metadata())
    if request.isbn == "metadados":
        context.send_initial_metadata([("resposta", "sim")])
        return livro(request.isbn, metadata.get("authorization", "") + " " + metadata.get("x-request-id", ""))
    if request.isbn == "prazo":
        return livro(request.isbn, exemplares=int(context.time_remaining() * 1000))
    if request.isbn == "lento":
        ended = futures.Future()
        context.add_callback(lambda: ended.set_result(None))
        print("waiting", flush=True)
        ended.result()
        print("the call is over", flush=True)
    if request.isbn == "ausente":
        fail(context, grpc.StatusCode.NOT_FOUND, "livro inexistente",
             error_details.ErrorInfo(reason="AUSENTE", domain="acervo"), acervo.Sugestao(isbn="1"))
    if request.isbn == "grande":
        return livro(request.isbn, "a" * (50 << 20))
    return livro(request.isbn)


def comprar(request, context):
    return request


def descartar(request, context):
    return empty_pb2.Empty()


def obter_capa(request, context):
    return acervo.Capa(endereco=f"https://example.com/capas?isbn={request.isbn}#1")


def listar_livros(request, context):
    for number in range(request.quantos):
        yield livro(str(number))
    if request.falhar:
        fail(context, grpc.StatusCode.ABORTED, "estante vazia")


def emprestar(request, context):
    if request.dias > 30:
        violation = error_details.BadRequest.FieldViolation(field="dias", description="no more than 30")
        fail(context, grpc.StatusCode.INVALID_ARGUMENT, "dias: no more than 30",
             error_details.BadRequest(field_violations=[violation]))
    return livro(request.isbn, exemplares=request.dias)


def receber(requests, context):
    count = 0
    for request in requests:
        count += 1
        if request.isbn == "basta":
            break
        if request.isbn == "recusado":
            violation = error_details.BadRequest.FieldViolation(field="isbn", description="not taken")
            fail(context, grpc.StatusCode.INVALID_ARGUMENT, "isbn: not taken",
                 error_details.BadRequest(field_violations=[violation]))
    return livro("recebidos", exemplares=count)


def conferir(requests, context):
    for request in requests:
        yield livro(request.isbn, "a" * (50 << 20) if request.isbn == "grande" else "Dom Casmurro")
        if request.isbn == "lento":
            ended = futures.Future()
            context.add_callback(lambda: ended.set_result(None))
            print("waiting", flush=True)
            ended.result()
            print("the call is over", flush=True)
    yield livro("conferido")


def file_with_imports(file, seen):
    if file.name in seen:
        return
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    seen[file.name] = proto.SerializeToString()
    for dependency in file.dependencies:
        file_with_imports(dependency, seen)


def reflect(requests, context):
    pool = descriptor_pool.Default()
    for request in requests:
        response = reflection.ServerReflectionResponse(original_request=request)
        try:
            if request.HasField("list_services"):
                for name in ["acervo.Acervo", "grpc.reflection.v1alpha.ServerReflection"]:
                    response.list_services_response.service.add(name=name)
            else:
                file = (pool.FindFileByName(request.file_by_filename) if request.HasField("file_by_filename")
                        else pool.FindFileContainingSymbol(request.file_containing_symbol))
                files = {}
                file_with_imports(file, files)
                response.file_descriptor_response.file_descriptor_proto.extend(files.values())
        except KeyError:
            response.error_response.error_code = grpc.StatusCode.NOT_FOUND.value[0]
            response.error_response.error_message = "absent"
        yield response


def handler(kind, function, request_type):
    return kind(function, request_type.FromString, lambda message: message.SerializeToString())


def main():
    compression = {"gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}
    server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)],
                         compression=compression.get(os.environ.get("COMPRESSAO")))
    server.add_generic_rpc_handlers([
        grpc.method_handlers_generic_handler("acervo.Acervo", {
            "ObterLivro": handler(grpc.unary_unary_rpc_method_handler, obter_livro, acervo.ObterLivroRequest),
            "ListarLivros": handler(grpc.unary_stream_rpc_method_handler, listar_livros, acervo.ListarLivrosRequest),
            "Comprar": handler(grpc.unary_unary_rpc_method_handler, comprar, acervo.Livro),
            "Descartar": handler(grpc.unary_unary_rpc_method_handler, descartar, acervo.ObterLivroRequest),
            "ObterCapa": handler(grpc.unary_unary_rpc_method_handler, obter_capa, acervo.ObterLivroRequest),
            "Emprestar": handler(grpc.unary_unary_rpc_method_handler, emprestar, acervo.EmprestarRequest),
            "Receber": handler(grpc.stream_unary_rpc_method_handler, receber, acervo.Livro),
            "Conferir": handler(grpc.stream_stream_rpc_method_handler, conferir, acervo.Livro),
        }),
        grpc.method_handlers_generic_handler("grpc.reflection.v1alpha.ServerReflection", {
            "ServerReflectionInfo": handler(grpc.stream_stream_rpc_method_handler, reflect,
                                            reflection.ServerReflectionRequest),
        }),
    ])
    port = server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
    if port == 0:
        sys.exit(f"port {sys.argv[1]} is taken")
    server.start()
    print(f"listening on port {port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
