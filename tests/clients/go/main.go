// A desk in Go, on a client by oapi-codegen.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
)

func as(secret string) *ClientWithResponses {
	bearer := WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv(secret))
		return nil
	})
	client, err := NewClientWithResponses(os.Getenv("BASE_URL"), bearer)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func main() {
	ctx := context.Background()
	scene := int32(2)
	verdict, err := as("DESK").ScanWithResponse(ctx, nil, ScanRequest{Code: os.Getenv("CODE"), Scene: &scene})
	if err != nil || verdict.JSON200 == nil || verdict.JSON200.Decision != "accept" {
		log.Fatal(err, verdict)
	}
	devices, err := as("OPERATOR").OperatorDevicesWithResponse(ctx, nil)
	if err != nil || devices.JSON200 == nil || len(devices.JSON200.Devices) == 0 {
		log.Fatal(err, devices)
	}
	list, err := as("DESK").TrustListWithResponse(ctx)
	if err != nil || len(list.Body) == 0 || list.Body[0] != 0xd2 {
		log.Fatal(err, list)
	}
	fmt.Printf("Go: %s, %d devices, %d bytes\n", verdict.JSON200.Reason, len(devices.JSON200.Devices), len(list.Body))
}
