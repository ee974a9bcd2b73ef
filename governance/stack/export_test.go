package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Bring makes a stack what is wanted without a plan, as a repeated write does.
func Bring(ctx context.Context, cfg aws.Config, s Stack) error {
	want := stackState{Name: s.Name, Template: text(s.Template), Protected: true, Secrets: s.Secrets}
	return createStack(ctx, &ztcore.Scope{Config: cfg}, want)
}
