// Go's grpc-gateway as its README has it: the generated handler in front of a server in another process.
//
//	grpc_go_gateway HOST:PORT SERVER
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"

	pb "usuarios"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: grpc_go_gateway HOST:PORT SERVER")
	}
	mux := runtime.NewServeMux()
	options := []grpc.DialOption{grpc.WithInsecure()}
	if err := pb.RegisterUsuariosHandlerFromEndpoint(context.Background(), mux, os.Args[2], options); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(os.Stderr, "listening on", listener.Addr())
	log.Fatal(http.Serve(listener, mux))
}
