package firewall

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// arn of an object of this account, which follows from its name.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsnetworkfirewall.html
func arn(sc *ztcore.Scope, kind, name string) string {
	return fmt.Sprintf("arn:%s:network-firewall:%s:%s:%s/%s", sc.Partition, sc.Region, sc.Account, kind, name)
}

// https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_CreateFirewall.html
var nameRE = regexp.MustCompile(`^[a-zA-Z0-9-]{1,128}$`)

func checkName(name, description string) []ztcore.Finding {
	var out []ztcore.Finding
	if !nameRE.MatchString(name) {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: fmt.Sprintf("%q can't be a name", name), Fix: "use 1–128 letters, digits and hyphens"})
	}
	if len(description) > 512 {
		out = append(out, ztcore.Finding{Attribute: "Description", Message: "has more than 512 characters", Fix: "shorten it"})
	}
	return out
}

// unlessAbsent forgives that something is gone already.
func unlessAbsent(err error) error {
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	return err
}

// unlessOvertaken forgives that the update token is no longer the latest: an attempt whose answer was lost has used it, or somebody was
// first. The engine reads again, and writes again what still differs, with the token of then.
func unlessOvertaken(err error) error {
	var token *types.InvalidTokenException
	if errors.As(err, &token) {
		return nil
	}
	return err
}

// stillUsed is the answer for some time after whatever used an object has let go of it.
var stillUsed = []ztcore.Retry{{Code: "InvalidOperationException", Message: "in use", For: 5 * time.Minute}}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

func tagMap(tags []types.Tag) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

func setTags(ctx context.Context, sc *ztcore.Scope, arn string, tags map[string]string) error {
	_, err := networkfirewall.NewFromConfig(sc.Config).TagResource(ctx, &networkfirewall.TagResourceInput{ResourceArn: &arn, Tags: tagList(tags)})
	return err
}

// optional is nil for what AWS takes only if it is not empty.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// texts are tokens and literals as plain strings, never nil.
func texts[T ~string](all []T) []string {
	out := []string{}
	for _, s := range all {
		out = append(out, string(s))
	}
	return out
}
