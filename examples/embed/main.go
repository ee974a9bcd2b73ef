// Command embed is an internal tool in some forty lines: it reports how an account's audit role differs from the agreed
// one, and mends it with -fix.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// auditor is the role through which the audit account looks at this one.
func auditor(account, externalID string) iam.Role {
	return iam.Role{
		Name:     "SecurityAuditor",
		Trust:    policy.Trust(policy.Account(account)).When("StringEquals", "sts:ExternalId", externalID),
		Attached: []id.PolicyARN{iam.AWSManaged("SecurityAudit")},
	}
}

func main() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		err = run(ctx, cfg, os.Args[1:], os.Stdout)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Fatal(err)
	}
}

func run(ctx context.Context, cfg aws.Config, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("embed", flag.ContinueOnError)
	fix := flags.Bool("fix", false, "mend what differs")
	account := flags.String("auditor", "", "account `id` of the auditor, 12 digits")
	externalID := flags.String("external-id", "", "the `id` agreed with the auditor")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *account == "" || *externalID == "" {
		return errors.New("embed: name the auditor's account and the agreed id: -auditor 123456789012 -external-id …")
	}
	plan, err := ztcore.NewBaseline("audit-access", auditor(*account, *externalID)).Plan(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Fprint(out, plan)
	if *fix {
		_, err = plan.Apply(ctx)
	}
	return err
}
