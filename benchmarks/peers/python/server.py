"""The user service as somebody would write it with grpcio, over a map with one user, u1.

    server.py HOST:PORT WORKERS

One process a core on the same port, as grpcio's guide to multiprocessing has it, each with an event loop.
"""

import asyncio
import multiprocessing
import signal
import sys

import grpc
import usuarios_pb2 as pb
import usuarios_pb2_grpc as rpc
from google.protobuf.timestamp_pb2 import Timestamp


class Usuarios(rpc.UsuariosServicer):
    def __init__(self):
        created = Timestamp(seconds=1700000000, nanos=123456000)
        self.users = {"u1": pb.Usuario(id="u1", nome="Ana", email="a@x.br", criado_em=created, atualizado_em=created,
                                       versao="AAAAAAAAAAAAAAAAAAAAAA")}

    async def ObterUsuario(self, request, context):
        user = self.users.get(request.id)
        if user is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such user")
        return pb.ObterUsuarioResponse(usuario=user)


async def serve(address):
    server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
    rpc.add_UsuariosServicer_to_server(Usuarios(), server)
    server.add_insecure_port(address)
    await server.start()
    print("listening on", address, file=sys.stderr, flush=True)
    await server.wait_for_termination()


def main():
    address, workers = sys.argv[1], int(sys.argv[2])
    processes = [multiprocessing.Process(target=lambda: asyncio.run(serve(address))) for _ in range(workers)]
    for process in processes:
        process.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    for process in processes:
        process.terminate()


if __name__ == "__main__":
    main()
