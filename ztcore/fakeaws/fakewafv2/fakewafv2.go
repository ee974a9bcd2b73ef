// Package fakewafv2 is the AWS WAF (the API WAFV2) of a fakeaws.Cloud.
//
// Modelled: web ACLs with their lock tokens and capacity, IP sets, associations with regional resources, logging
// configurations and tags, for both scopes. Statements that refer to rule groups and regex pattern sets of the account are not,
// nor are the rule groups of others than AWS. That an associated resource exists is not checked, its ARN's form is. No request is
// ever inspected.
package fakewafv2

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles WAFV2.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
}

// region is what WAF holds of one account and region; what is of the scope CLOUDFRONT is in us-east-1.
type region struct {
	ACLs         map[string]*webACL                    // by id
	IPSets       map[string]*ipSet                     // by id
	Associations map[string]string                     // resource → ARN of its web ACL
	Logging      map[string]types.LoggingConfiguration // by id of the web ACL
}

type opt = func(*wafv2.Options)

// Install adds WAF to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, regions: fakeaws.NewStore(c, "wafv2", fakeaws.Regional, func(string, string) *region {
		return &region{ACLs: map[string]*webACL{}, IPSets: map[string]*ipSet{}, Associations: map[string]string{}, Logging: map[string]types.LoggingConfiguration{}}
	})}
	fakeaws.On(c, s.CreateWebACL, "Name", "Scope", "DefaultAction", "Description", "Rules", "VisibilityConfig", "TokenDomains", "Tags")
	fakeaws.On(c, s.UpdateWebACL, "Name", "Scope", "Id", "LockToken", "DefaultAction", "Description", "Rules", "VisibilityConfig", "TokenDomains")
	fakeaws.On(c, s.GetWebACL, "Name", "Scope", "Id", "ARN")
	fakeaws.On(c, s.ListWebACLs, "Scope", "Limit", "NextMarker")
	fakeaws.On(c, s.DeleteWebACL, "Name", "Scope", "Id", "LockToken")
	fakeaws.On(c, s.CheckCapacity, "Scope", "Rules")
	fakeaws.On(c, s.CreateIPSet, "Name", "Scope", "IPAddressVersion", "Addresses", "Description", "Tags")
	fakeaws.On(c, s.UpdateIPSet, "Name", "Scope", "Id", "LockToken", "Addresses", "Description")
	fakeaws.On(c, s.GetIPSet, "Name", "Scope", "Id")
	fakeaws.On(c, s.ListIPSets, "Scope", "Limit", "NextMarker")
	fakeaws.On(c, s.DeleteIPSet, "Name", "Scope", "Id", "LockToken")
	fakeaws.On(c, s.AssociateWebACL, "WebACLArn", "ResourceArn")
	fakeaws.On(c, s.DisassociateWebACL, "ResourceArn")
	fakeaws.On(c, s.GetWebACLForResource, "ResourceArn")
	fakeaws.On(c, s.ListResourcesForWebACL, "WebACLArn", "ResourceType")
	fakeaws.On(c, s.PutLoggingConfiguration, "LoggingConfiguration")
	fakeaws.On(c, s.GetLoggingConfiguration, "ResourceArn", "LogType", "LogScope")
	fakeaws.On(c, s.ListLoggingConfigurations, "Scope", "LogScope", "Limit", "NextMarker")
	fakeaws.On(c, s.DeleteLoggingConfiguration, "ResourceArn", "LogType", "LogScope")
	fakeaws.On(c, s.TagResource, "ResourceARN", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceARN", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceARN", "Limit", "NextMarker")
}

// namePattern is that of web ACLs, IP sets and rules.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html
var namePattern = regexp.MustCompile(`^[\w\-]{1,128}$`)

// checkScope refuses CLOUDFRONT anywhere but in us-east-1.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html
func checkScope(ctx context.Context, scope types.Scope) error {
	switch {
	case scope == types.ScopeRegional:
		return nil
	case scope == types.ScopeCloudfront && fakeaws.CallFrom(ctx).Region == "us-east-1":
		return nil
	}
	return invalid(types.ParameterExceptionFieldScopeValue, string(scope), "The scope is not valid.")
}

// arnOf is the ARN of a new object. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html
func arnOf(ctx context.Context, scope types.Scope, kind, name, id string) string {
	call, where := fakeaws.CallFrom(ctx), "regional"
	if scope == types.ScopeCloudfront {
		where = "global"
	}
	return "arn:" + call.Partition() + ":wafv2:" + call.Region + ":" + call.Account + ":" + where + "/" + kind + "/" + name + "/" + id
}

// idIn is what an ARN ends in.
func idIn(arn *string) string {
	return aws.ToString(arn)[strings.LastIndexByte(aws.ToString(arn), '/')+1:]
}

func isOf(arn string, scope types.Scope) bool {
	return strings.Contains(arn, ":global/") == (scope == types.ScopeCloudfront)
}

// largestPage is that of every listing.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_ListWebACLs.html
const largestPage = 100

func page[E any](ctx context.Context, items []E, marker *string, limit *int32) ([]E, *string, error) {
	if limit != nil && (*limit < 1 || *limit > largestPage) {
		return nil, nil, invalid(types.ParameterExceptionFieldEntityLimit, "Limit", "The value must be within 1 and 100.")
	}
	out, next, ok := fakeaws.Page(ctx, items, marker, limit, largestPage)
	if !ok {
		return nil, nil, invalid("", aws.ToString(marker), "The marker is not valid.")
	}
	return out, next, nil
}

// invalid has the wording of the service, as users see it in "Error reason: …, field: …, parameter: …".
func invalid(field types.ParameterExceptionField, parameter, reason string) error {
	text := "Error reason: " + reason + ", field: " + string(field) + ", parameter: " + parameter
	return &types.WAFInvalidParameterException{Message: &text, Field: field, Parameter: &parameter, Reason: &reason}
}

func nonexistent() error {
	return &types.WAFNonexistentItemException{Message: aws.String("AWS WAF couldn’t perform the operation because your resource doesn’t exist.")}
}

func duplicate() error {
	return &types.WAFDuplicateItemException{Message: aws.String("AWS WAF couldn’t perform the operation because some resource in your request is a duplicate of an existing one.")}
}

func locked() error {
	return &types.WAFOptimisticLockException{Message: aws.String("AWS WAF couldn’t save your changes because someone changed the resource after you started to edit it. Reapply your changes.")}
}

func associated() error {
	return &types.WAFAssociatedItemException{Message: aws.String("AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s associated with another resource.")}
}

func limitExceeded() error {
	return &types.WAFLimitsExceededException{Message: aws.String("AWS WAF couldn’t perform the operation because you exceeded your resource limit.")}
}
