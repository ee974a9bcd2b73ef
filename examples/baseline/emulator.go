package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// emulator reports whether AWS_ENDPOINT_URL is set, and makes one on this machine reachable for services that put the
// account's id before the host name, which nobody resolves.
func emulator(cfg *aws.Config) (emulated bool, err error) {
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	if endpoint == "" {
		return false, nil
	}
	at, err := url.Parse(endpoint)
	if err != nil {
		return false, fmt.Errorf("AWS_ENDPOINT_URL: %w", err)
	}
	if ip := net.ParseIP(at.Hostname()); at.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		var dialer net.Dialer
		cfg.HTTPClient = &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, at.Host)
			},
		}}
	}
	// The client's own protocol, RPC v2 CBOR, is one that emulators are still to learn.
	cfg.ServiceOptions = append(cfg.ServiceOptions, func(_ string, options any) {
		if o, ok := options.(*cloudwatch.Options); ok {
			o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
		}
	})
	return true, nil
}

// lacks finds what an emulator lets one read but not write, which no plan can tell. The probe would change nothing on AWS.
func lacks(ctx context.Context, cfg aws.Config, out io.Writer) (userBoundaries bool) {
	_, err := iam.NewFromConfig(cfg).DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String("nobody-of-this-name")})
	if ztcore.IsUnsupported(err) {
		fmt.Fprintln(out, "Left out, since the endpoint does not offer it: the permissions boundary of a user.")
		return true
	}
	return false
}
