// Package fakessmincidents is the Incident Manager of a fakeaws.Cloud.
//
// Modelled: an account's one replication set, which takes a moment to become active, with its regions and its deletion
// protection, and response plans with their tags. Not modelled: incidents and their timelines, and that AWS has taken no
// new customers since 7 November 2025.
package fakessmincidents

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles Incident Manager.
type Service struct {
	accounts *fakeaws.Store[account]
	cloud    *fakeaws.Cloud
}

// account is what Incident Manager holds of one account; the regions of the replication set share it.
type account struct {
	Set    *replicationSet
	Plans  map[string]*responsePlan     // by name
	Tags   map[string]map[string]string // by ARN
	Tokens map[string]string            // client token → the ARN that was made with it
}

type opt = func(*ssmincidents.Options)

// Install adds Incident Manager to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, accounts: fakeaws.NewStore(c, "ssm-incidents", fakeaws.Global, func(string, string) *account {
		return &account{Plans: map[string]*responsePlan{}, Tags: map[string]map[string]string{}, Tokens: map[string]string{}}
	})}
	fakeaws.On(c, s.CreateReplicationSet, "Regions", "ClientToken", "Tags")
	fakeaws.On(c, s.GetReplicationSet, "Arn")
	fakeaws.On(c, s.ListReplicationSets, "MaxResults", "NextToken")
	fakeaws.On(c, s.UpdateReplicationSet, "Arn", "Actions", "ClientToken")
	fakeaws.On(c, s.UpdateDeletionProtection, "Arn", "DeletionProtected", "ClientToken")
	fakeaws.On(c, s.DeleteReplicationSet, "Arn")
	fakeaws.On(c, s.CreateResponsePlan, "Name", "DisplayName", "IncidentTemplate", "Actions", "ChatChannel", "Engagements", "ClientToken", "Tags")
	fakeaws.On(c, s.GetResponsePlan, "Arn")
	fakeaws.On(c, s.ListResponsePlans, "MaxResults", "NextToken")
	fakeaws.On(c, s.UpdateResponsePlan, "Arn", "DisplayName", "IncidentTemplateTitle", "IncidentTemplateImpact", "IncidentTemplateSummary", "IncidentTemplateDedupeString",
		"IncidentTemplateNotificationTargets", "IncidentTemplateTags", "Actions", "ChatChannel", "Engagements", "ClientToken")
	fakeaws.On(c, s.DeleteResponsePlan, "Arn")
	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn")
}

func arn(ctx context.Context, what string) string {
	call := fakeaws.CallFrom(ctx)
	return "arn:" + call.Partition() + ":ssm-incidents::" + call.Account + ":" + what
}

// made is what an earlier request with the same client token has made.
func (a *account) made(token *string) (string, bool) {
	was, ok := a.Tokens[aws.ToString(token)]
	return was, ok && token != nil
}

func (a *account) remember(token *string, arn string) {
	if token != nil {
		a.Tokens[*token] = arn
	}
}

// usable refuses what needs an active replication set in the caller's region.
func (a *account) usable(ctx context.Context) error {
	region := fakeaws.CallFrom(ctx).Region
	if a.Set == nil {
		return &types.AccessDeniedException{Message: aws.String("Incident Manager is not set up: the account has no replication set")}
	}
	if r, ok := a.Set.Regions[region]; !ok || !r.active() {
		return &types.ValidationException{Message: aws.String("The replication set is not active in " + region)}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return &types.ValidationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func notFound(kind types.ResourceType, arn string) error {
	return fakeaws.Status(http.StatusNotFound, &types.ResourceNotFoundException{
		Message: aws.String("The " + strings.ToLower(string(kind)) + " " + arn + " does not exist"), ResourceIdentifier: &arn, ResourceType: kind,
	})
}

func conflict(kind types.ResourceType, id, why string) error {
	return fakeaws.Status(http.StatusConflict, &types.ConflictException{Message: aws.String(id + " " + why), ResourceIdentifier: &id, ResourceType: kind})
}

const largePage = 100

func page[E any](ctx context.Context, items []E, token *string, limit *int32) ([]E, *string, error) {
	out, next, ok := fakeaws.Page(ctx, items, token, limit, largePage)
	if !ok {
		return nil, nil, invalid("NextToken is not a token of this operation")
	}
	return out, next, nil
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
