"""The HTTP front end as somebody would write it with FastAPI: a client of the gRPC server that GRPC_SERVER names."""

import os
from datetime import datetime

import grpc
import usuarios_pb2 as pb
import usuarios_pb2_grpc as rpc
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel


class Usuario(BaseModel):
    id: str
    nome: str
    email: str
    criadoEm: datetime
    atualizadoEm: datetime
    versao: str


app = FastAPI()


@app.on_event("startup")
async def connect():
    app.state.usuarios = rpc.UsuariosStub(grpc.aio.insecure_channel(os.environ["GRPC_SERVER"]))


@app.get("/usuarios/{id}")
async def obter_usuario(id: str) -> Usuario:
    try:
        answer = await app.state.usuarios.ObterUsuario(pb.ObterUsuarioRequest(id=id))
    except grpc.aio.AioRpcError as error:
        raise HTTPException(404 if error.code() == grpc.StatusCode.NOT_FOUND else 502, error.details())
    user = answer.usuario
    return Usuario(id=user.id, nome=user.nome, email=user.email, criadoEm=user.criado_em.ToDatetime(),
                   atualizadoEm=user.atualizado_em.ToDatetime(), versao=user.versao)
