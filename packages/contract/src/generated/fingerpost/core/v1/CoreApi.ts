// Original file: proto/fingerpost/core/v1/core.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AcknowledgeChangesRequest as _fingerpost_core_v1_AcknowledgeChangesRequest, AcknowledgeChangesRequest__Output as _fingerpost_core_v1_AcknowledgeChangesRequest__Output } from '../../../fingerpost/core/v1/AcknowledgeChangesRequest.ts';
import type { AcknowledgeChangesResponse as _fingerpost_core_v1_AcknowledgeChangesResponse, AcknowledgeChangesResponse__Output as _fingerpost_core_v1_AcknowledgeChangesResponse__Output } from '../../../fingerpost/core/v1/AcknowledgeChangesResponse.ts';
import type { Change as _fingerpost_core_v1_Change, Change__Output as _fingerpost_core_v1_Change__Output } from '../../../fingerpost/core/v1/Change.ts';
import type { ClaimDeliveriesRequest as _fingerpost_core_v1_ClaimDeliveriesRequest, ClaimDeliveriesRequest__Output as _fingerpost_core_v1_ClaimDeliveriesRequest__Output } from '../../../fingerpost/core/v1/ClaimDeliveriesRequest.ts';
import type { ClaimDeliveriesResponse as _fingerpost_core_v1_ClaimDeliveriesResponse, ClaimDeliveriesResponse__Output as _fingerpost_core_v1_ClaimDeliveriesResponse__Output } from '../../../fingerpost/core/v1/ClaimDeliveriesResponse.ts';
import type { ClaimDueDomainsRequest as _fingerpost_core_v1_ClaimDueDomainsRequest, ClaimDueDomainsRequest__Output as _fingerpost_core_v1_ClaimDueDomainsRequest__Output } from '../../../fingerpost/core/v1/ClaimDueDomainsRequest.ts';
import type { ClaimDueDomainsResponse as _fingerpost_core_v1_ClaimDueDomainsResponse, ClaimDueDomainsResponse__Output as _fingerpost_core_v1_ClaimDueDomainsResponse__Output } from '../../../fingerpost/core/v1/ClaimDueDomainsResponse.ts';
import type { DescribeHostnameRequest as _fingerpost_core_v1_DescribeHostnameRequest, DescribeHostnameRequest__Output as _fingerpost_core_v1_DescribeHostnameRequest__Output } from '../../../fingerpost/core/v1/DescribeHostnameRequest.ts';
import type { DescribeHostnameResponse as _fingerpost_core_v1_DescribeHostnameResponse, DescribeHostnameResponse__Output as _fingerpost_core_v1_DescribeHostnameResponse__Output } from '../../../fingerpost/core/v1/DescribeHostnameResponse.ts';
import type { HostnamesPage as _fingerpost_core_v1_HostnamesPage, HostnamesPage__Output as _fingerpost_core_v1_HostnamesPage__Output } from '../../../fingerpost/core/v1/HostnamesPage.ts';
import type { ListHostnamesRequest as _fingerpost_core_v1_ListHostnamesRequest, ListHostnamesRequest__Output as _fingerpost_core_v1_ListHostnamesRequest__Output } from '../../../fingerpost/core/v1/ListHostnamesRequest.ts';
import type { LookupLinkRequest as _fingerpost_core_v1_LookupLinkRequest, LookupLinkRequest__Output as _fingerpost_core_v1_LookupLinkRequest__Output } from '../../../fingerpost/core/v1/LookupLinkRequest.ts';
import type { LookupLinkResponse as _fingerpost_core_v1_LookupLinkResponse, LookupLinkResponse__Output as _fingerpost_core_v1_LookupLinkResponse__Output } from '../../../fingerpost/core/v1/LookupLinkResponse.ts';
import type { RecordCertificateRequest as _fingerpost_core_v1_RecordCertificateRequest, RecordCertificateRequest__Output as _fingerpost_core_v1_RecordCertificateRequest__Output } from '../../../fingerpost/core/v1/RecordCertificateRequest.ts';
import type { RecordCertificateResponse as _fingerpost_core_v1_RecordCertificateResponse, RecordCertificateResponse__Output as _fingerpost_core_v1_RecordCertificateResponse__Output } from '../../../fingerpost/core/v1/RecordCertificateResponse.ts';
import type { RecordCheckRequest as _fingerpost_core_v1_RecordCheckRequest, RecordCheckRequest__Output as _fingerpost_core_v1_RecordCheckRequest__Output } from '../../../fingerpost/core/v1/RecordCheckRequest.ts';
import type { RecordCheckResponse as _fingerpost_core_v1_RecordCheckResponse, RecordCheckResponse__Output as _fingerpost_core_v1_RecordCheckResponse__Output } from '../../../fingerpost/core/v1/RecordCheckResponse.ts';
import type { RecordClicksRequest as _fingerpost_core_v1_RecordClicksRequest, RecordClicksRequest__Output as _fingerpost_core_v1_RecordClicksRequest__Output } from '../../../fingerpost/core/v1/RecordClicksRequest.ts';
import type { RecordClicksResponse as _fingerpost_core_v1_RecordClicksResponse, RecordClicksResponse__Output as _fingerpost_core_v1_RecordClicksResponse__Output } from '../../../fingerpost/core/v1/RecordClicksResponse.ts';
import type { RecordDeliveryRequest as _fingerpost_core_v1_RecordDeliveryRequest, RecordDeliveryRequest__Output as _fingerpost_core_v1_RecordDeliveryRequest__Output } from '../../../fingerpost/core/v1/RecordDeliveryRequest.ts';
import type { RecordDeliveryResponse as _fingerpost_core_v1_RecordDeliveryResponse, RecordDeliveryResponse__Output as _fingerpost_core_v1_RecordDeliveryResponse__Output } from '../../../fingerpost/core/v1/RecordDeliveryResponse.ts';
import type { WatchChangesRequest as _fingerpost_core_v1_WatchChangesRequest, WatchChangesRequest__Output as _fingerpost_core_v1_WatchChangesRequest__Output } from '../../../fingerpost/core/v1/WatchChangesRequest.ts';

export interface CoreApiClient extends grpc.Client {
  AcknowledgeChanges(argument: _fingerpost_core_v1_AcknowledgeChangesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_AcknowledgeChangesResponse__Output>): grpc.ClientUnaryCall;
  AcknowledgeChanges(argument: _fingerpost_core_v1_AcknowledgeChangesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_AcknowledgeChangesResponse__Output>): grpc.ClientUnaryCall;
  AcknowledgeChanges(argument: _fingerpost_core_v1_AcknowledgeChangesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_AcknowledgeChangesResponse__Output>): grpc.ClientUnaryCall;
  AcknowledgeChanges(argument: _fingerpost_core_v1_AcknowledgeChangesRequest, callback: grpc.requestCallback<_fingerpost_core_v1_AcknowledgeChangesResponse__Output>): grpc.ClientUnaryCall;
  acknowledgeChanges(argument: _fingerpost_core_v1_AcknowledgeChangesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_AcknowledgeChangesResponse__Output>): grpc.ClientUnaryCall;
  acknowledgeChanges(argument: _fingerpost_core_v1_AcknowledgeChangesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_AcknowledgeChangesResponse__Output>): grpc.ClientUnaryCall;
  acknowledgeChanges(argument: _fingerpost_core_v1_AcknowledgeChangesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_AcknowledgeChangesResponse__Output>): grpc.ClientUnaryCall;
  acknowledgeChanges(argument: _fingerpost_core_v1_AcknowledgeChangesRequest, callback: grpc.requestCallback<_fingerpost_core_v1_AcknowledgeChangesResponse__Output>): grpc.ClientUnaryCall;
  
  ClaimDeliveries(argument: _fingerpost_core_v1_ClaimDeliveriesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDeliveriesResponse__Output>): grpc.ClientUnaryCall;
  ClaimDeliveries(argument: _fingerpost_core_v1_ClaimDeliveriesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDeliveriesResponse__Output>): grpc.ClientUnaryCall;
  ClaimDeliveries(argument: _fingerpost_core_v1_ClaimDeliveriesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDeliveriesResponse__Output>): grpc.ClientUnaryCall;
  ClaimDeliveries(argument: _fingerpost_core_v1_ClaimDeliveriesRequest, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDeliveriesResponse__Output>): grpc.ClientUnaryCall;
  claimDeliveries(argument: _fingerpost_core_v1_ClaimDeliveriesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDeliveriesResponse__Output>): grpc.ClientUnaryCall;
  claimDeliveries(argument: _fingerpost_core_v1_ClaimDeliveriesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDeliveriesResponse__Output>): grpc.ClientUnaryCall;
  claimDeliveries(argument: _fingerpost_core_v1_ClaimDeliveriesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDeliveriesResponse__Output>): grpc.ClientUnaryCall;
  claimDeliveries(argument: _fingerpost_core_v1_ClaimDeliveriesRequest, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDeliveriesResponse__Output>): grpc.ClientUnaryCall;
  
  ClaimDueDomains(argument: _fingerpost_core_v1_ClaimDueDomainsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDueDomainsResponse__Output>): grpc.ClientUnaryCall;
  ClaimDueDomains(argument: _fingerpost_core_v1_ClaimDueDomainsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDueDomainsResponse__Output>): grpc.ClientUnaryCall;
  ClaimDueDomains(argument: _fingerpost_core_v1_ClaimDueDomainsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDueDomainsResponse__Output>): grpc.ClientUnaryCall;
  ClaimDueDomains(argument: _fingerpost_core_v1_ClaimDueDomainsRequest, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDueDomainsResponse__Output>): grpc.ClientUnaryCall;
  claimDueDomains(argument: _fingerpost_core_v1_ClaimDueDomainsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDueDomainsResponse__Output>): grpc.ClientUnaryCall;
  claimDueDomains(argument: _fingerpost_core_v1_ClaimDueDomainsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDueDomainsResponse__Output>): grpc.ClientUnaryCall;
  claimDueDomains(argument: _fingerpost_core_v1_ClaimDueDomainsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDueDomainsResponse__Output>): grpc.ClientUnaryCall;
  claimDueDomains(argument: _fingerpost_core_v1_ClaimDueDomainsRequest, callback: grpc.requestCallback<_fingerpost_core_v1_ClaimDueDomainsResponse__Output>): grpc.ClientUnaryCall;
  
  DescribeHostname(argument: _fingerpost_core_v1_DescribeHostnameRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_DescribeHostnameResponse__Output>): grpc.ClientUnaryCall;
  DescribeHostname(argument: _fingerpost_core_v1_DescribeHostnameRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_DescribeHostnameResponse__Output>): grpc.ClientUnaryCall;
  DescribeHostname(argument: _fingerpost_core_v1_DescribeHostnameRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_DescribeHostnameResponse__Output>): grpc.ClientUnaryCall;
  DescribeHostname(argument: _fingerpost_core_v1_DescribeHostnameRequest, callback: grpc.requestCallback<_fingerpost_core_v1_DescribeHostnameResponse__Output>): grpc.ClientUnaryCall;
  describeHostname(argument: _fingerpost_core_v1_DescribeHostnameRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_DescribeHostnameResponse__Output>): grpc.ClientUnaryCall;
  describeHostname(argument: _fingerpost_core_v1_DescribeHostnameRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_DescribeHostnameResponse__Output>): grpc.ClientUnaryCall;
  describeHostname(argument: _fingerpost_core_v1_DescribeHostnameRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_DescribeHostnameResponse__Output>): grpc.ClientUnaryCall;
  describeHostname(argument: _fingerpost_core_v1_DescribeHostnameRequest, callback: grpc.requestCallback<_fingerpost_core_v1_DescribeHostnameResponse__Output>): grpc.ClientUnaryCall;
  
  ListHostnames(argument: _fingerpost_core_v1_ListHostnamesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fingerpost_core_v1_HostnamesPage__Output>;
  ListHostnames(argument: _fingerpost_core_v1_ListHostnamesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fingerpost_core_v1_HostnamesPage__Output>;
  listHostnames(argument: _fingerpost_core_v1_ListHostnamesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fingerpost_core_v1_HostnamesPage__Output>;
  listHostnames(argument: _fingerpost_core_v1_ListHostnamesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fingerpost_core_v1_HostnamesPage__Output>;
  
  LookupLink(argument: _fingerpost_core_v1_LookupLinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_LookupLinkResponse__Output>): grpc.ClientUnaryCall;
  LookupLink(argument: _fingerpost_core_v1_LookupLinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_LookupLinkResponse__Output>): grpc.ClientUnaryCall;
  LookupLink(argument: _fingerpost_core_v1_LookupLinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_LookupLinkResponse__Output>): grpc.ClientUnaryCall;
  LookupLink(argument: _fingerpost_core_v1_LookupLinkRequest, callback: grpc.requestCallback<_fingerpost_core_v1_LookupLinkResponse__Output>): grpc.ClientUnaryCall;
  lookupLink(argument: _fingerpost_core_v1_LookupLinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_LookupLinkResponse__Output>): grpc.ClientUnaryCall;
  lookupLink(argument: _fingerpost_core_v1_LookupLinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_LookupLinkResponse__Output>): grpc.ClientUnaryCall;
  lookupLink(argument: _fingerpost_core_v1_LookupLinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_LookupLinkResponse__Output>): grpc.ClientUnaryCall;
  lookupLink(argument: _fingerpost_core_v1_LookupLinkRequest, callback: grpc.requestCallback<_fingerpost_core_v1_LookupLinkResponse__Output>): grpc.ClientUnaryCall;
  
  RecordCertificate(argument: _fingerpost_core_v1_RecordCertificateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCertificateResponse__Output>): grpc.ClientUnaryCall;
  RecordCertificate(argument: _fingerpost_core_v1_RecordCertificateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCertificateResponse__Output>): grpc.ClientUnaryCall;
  RecordCertificate(argument: _fingerpost_core_v1_RecordCertificateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCertificateResponse__Output>): grpc.ClientUnaryCall;
  RecordCertificate(argument: _fingerpost_core_v1_RecordCertificateRequest, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCertificateResponse__Output>): grpc.ClientUnaryCall;
  recordCertificate(argument: _fingerpost_core_v1_RecordCertificateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCertificateResponse__Output>): grpc.ClientUnaryCall;
  recordCertificate(argument: _fingerpost_core_v1_RecordCertificateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCertificateResponse__Output>): grpc.ClientUnaryCall;
  recordCertificate(argument: _fingerpost_core_v1_RecordCertificateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCertificateResponse__Output>): grpc.ClientUnaryCall;
  recordCertificate(argument: _fingerpost_core_v1_RecordCertificateRequest, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCertificateResponse__Output>): grpc.ClientUnaryCall;
  
  RecordCheck(argument: _fingerpost_core_v1_RecordCheckRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCheckResponse__Output>): grpc.ClientUnaryCall;
  RecordCheck(argument: _fingerpost_core_v1_RecordCheckRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCheckResponse__Output>): grpc.ClientUnaryCall;
  RecordCheck(argument: _fingerpost_core_v1_RecordCheckRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCheckResponse__Output>): grpc.ClientUnaryCall;
  RecordCheck(argument: _fingerpost_core_v1_RecordCheckRequest, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCheckResponse__Output>): grpc.ClientUnaryCall;
  recordCheck(argument: _fingerpost_core_v1_RecordCheckRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCheckResponse__Output>): grpc.ClientUnaryCall;
  recordCheck(argument: _fingerpost_core_v1_RecordCheckRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCheckResponse__Output>): grpc.ClientUnaryCall;
  recordCheck(argument: _fingerpost_core_v1_RecordCheckRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCheckResponse__Output>): grpc.ClientUnaryCall;
  recordCheck(argument: _fingerpost_core_v1_RecordCheckRequest, callback: grpc.requestCallback<_fingerpost_core_v1_RecordCheckResponse__Output>): grpc.ClientUnaryCall;
  
  RecordClicks(argument: _fingerpost_core_v1_RecordClicksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordClicksResponse__Output>): grpc.ClientUnaryCall;
  RecordClicks(argument: _fingerpost_core_v1_RecordClicksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_RecordClicksResponse__Output>): grpc.ClientUnaryCall;
  RecordClicks(argument: _fingerpost_core_v1_RecordClicksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordClicksResponse__Output>): grpc.ClientUnaryCall;
  RecordClicks(argument: _fingerpost_core_v1_RecordClicksRequest, callback: grpc.requestCallback<_fingerpost_core_v1_RecordClicksResponse__Output>): grpc.ClientUnaryCall;
  recordClicks(argument: _fingerpost_core_v1_RecordClicksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordClicksResponse__Output>): grpc.ClientUnaryCall;
  recordClicks(argument: _fingerpost_core_v1_RecordClicksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_RecordClicksResponse__Output>): grpc.ClientUnaryCall;
  recordClicks(argument: _fingerpost_core_v1_RecordClicksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordClicksResponse__Output>): grpc.ClientUnaryCall;
  recordClicks(argument: _fingerpost_core_v1_RecordClicksRequest, callback: grpc.requestCallback<_fingerpost_core_v1_RecordClicksResponse__Output>): grpc.ClientUnaryCall;
  
  RecordDelivery(argument: _fingerpost_core_v1_RecordDeliveryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordDeliveryResponse__Output>): grpc.ClientUnaryCall;
  RecordDelivery(argument: _fingerpost_core_v1_RecordDeliveryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_RecordDeliveryResponse__Output>): grpc.ClientUnaryCall;
  RecordDelivery(argument: _fingerpost_core_v1_RecordDeliveryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordDeliveryResponse__Output>): grpc.ClientUnaryCall;
  RecordDelivery(argument: _fingerpost_core_v1_RecordDeliveryRequest, callback: grpc.requestCallback<_fingerpost_core_v1_RecordDeliveryResponse__Output>): grpc.ClientUnaryCall;
  recordDelivery(argument: _fingerpost_core_v1_RecordDeliveryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordDeliveryResponse__Output>): grpc.ClientUnaryCall;
  recordDelivery(argument: _fingerpost_core_v1_RecordDeliveryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_fingerpost_core_v1_RecordDeliveryResponse__Output>): grpc.ClientUnaryCall;
  recordDelivery(argument: _fingerpost_core_v1_RecordDeliveryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_fingerpost_core_v1_RecordDeliveryResponse__Output>): grpc.ClientUnaryCall;
  recordDelivery(argument: _fingerpost_core_v1_RecordDeliveryRequest, callback: grpc.requestCallback<_fingerpost_core_v1_RecordDeliveryResponse__Output>): grpc.ClientUnaryCall;
  
  WatchChanges(argument: _fingerpost_core_v1_WatchChangesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fingerpost_core_v1_Change__Output>;
  WatchChanges(argument: _fingerpost_core_v1_WatchChangesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fingerpost_core_v1_Change__Output>;
  watchChanges(argument: _fingerpost_core_v1_WatchChangesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_fingerpost_core_v1_Change__Output>;
  watchChanges(argument: _fingerpost_core_v1_WatchChangesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_fingerpost_core_v1_Change__Output>;
  
}

export interface CoreApiHandlers extends grpc.UntypedServiceImplementation {
  AcknowledgeChanges: grpc.handleUnaryCall<_fingerpost_core_v1_AcknowledgeChangesRequest__Output, _fingerpost_core_v1_AcknowledgeChangesResponse>;
  
  ClaimDeliveries: grpc.handleUnaryCall<_fingerpost_core_v1_ClaimDeliveriesRequest__Output, _fingerpost_core_v1_ClaimDeliveriesResponse>;
  
  ClaimDueDomains: grpc.handleUnaryCall<_fingerpost_core_v1_ClaimDueDomainsRequest__Output, _fingerpost_core_v1_ClaimDueDomainsResponse>;
  
  DescribeHostname: grpc.handleUnaryCall<_fingerpost_core_v1_DescribeHostnameRequest__Output, _fingerpost_core_v1_DescribeHostnameResponse>;
  
  ListHostnames: grpc.handleServerStreamingCall<_fingerpost_core_v1_ListHostnamesRequest__Output, _fingerpost_core_v1_HostnamesPage>;
  
  LookupLink: grpc.handleUnaryCall<_fingerpost_core_v1_LookupLinkRequest__Output, _fingerpost_core_v1_LookupLinkResponse>;
  
  RecordCertificate: grpc.handleUnaryCall<_fingerpost_core_v1_RecordCertificateRequest__Output, _fingerpost_core_v1_RecordCertificateResponse>;
  
  RecordCheck: grpc.handleUnaryCall<_fingerpost_core_v1_RecordCheckRequest__Output, _fingerpost_core_v1_RecordCheckResponse>;
  
  RecordClicks: grpc.handleUnaryCall<_fingerpost_core_v1_RecordClicksRequest__Output, _fingerpost_core_v1_RecordClicksResponse>;
  
  RecordDelivery: grpc.handleUnaryCall<_fingerpost_core_v1_RecordDeliveryRequest__Output, _fingerpost_core_v1_RecordDeliveryResponse>;
  
  WatchChanges: grpc.handleServerStreamingCall<_fingerpost_core_v1_WatchChangesRequest__Output, _fingerpost_core_v1_Change>;
  
}

export interface CoreApiDefinition extends grpc.ServiceDefinition {
  AcknowledgeChanges: MethodDefinition<_fingerpost_core_v1_AcknowledgeChangesRequest, _fingerpost_core_v1_AcknowledgeChangesResponse, _fingerpost_core_v1_AcknowledgeChangesRequest__Output, _fingerpost_core_v1_AcknowledgeChangesResponse__Output>
  ClaimDeliveries: MethodDefinition<_fingerpost_core_v1_ClaimDeliveriesRequest, _fingerpost_core_v1_ClaimDeliveriesResponse, _fingerpost_core_v1_ClaimDeliveriesRequest__Output, _fingerpost_core_v1_ClaimDeliveriesResponse__Output>
  ClaimDueDomains: MethodDefinition<_fingerpost_core_v1_ClaimDueDomainsRequest, _fingerpost_core_v1_ClaimDueDomainsResponse, _fingerpost_core_v1_ClaimDueDomainsRequest__Output, _fingerpost_core_v1_ClaimDueDomainsResponse__Output>
  DescribeHostname: MethodDefinition<_fingerpost_core_v1_DescribeHostnameRequest, _fingerpost_core_v1_DescribeHostnameResponse, _fingerpost_core_v1_DescribeHostnameRequest__Output, _fingerpost_core_v1_DescribeHostnameResponse__Output>
  ListHostnames: MethodDefinition<_fingerpost_core_v1_ListHostnamesRequest, _fingerpost_core_v1_HostnamesPage, _fingerpost_core_v1_ListHostnamesRequest__Output, _fingerpost_core_v1_HostnamesPage__Output>
  LookupLink: MethodDefinition<_fingerpost_core_v1_LookupLinkRequest, _fingerpost_core_v1_LookupLinkResponse, _fingerpost_core_v1_LookupLinkRequest__Output, _fingerpost_core_v1_LookupLinkResponse__Output>
  RecordCertificate: MethodDefinition<_fingerpost_core_v1_RecordCertificateRequest, _fingerpost_core_v1_RecordCertificateResponse, _fingerpost_core_v1_RecordCertificateRequest__Output, _fingerpost_core_v1_RecordCertificateResponse__Output>
  RecordCheck: MethodDefinition<_fingerpost_core_v1_RecordCheckRequest, _fingerpost_core_v1_RecordCheckResponse, _fingerpost_core_v1_RecordCheckRequest__Output, _fingerpost_core_v1_RecordCheckResponse__Output>
  RecordClicks: MethodDefinition<_fingerpost_core_v1_RecordClicksRequest, _fingerpost_core_v1_RecordClicksResponse, _fingerpost_core_v1_RecordClicksRequest__Output, _fingerpost_core_v1_RecordClicksResponse__Output>
  RecordDelivery: MethodDefinition<_fingerpost_core_v1_RecordDeliveryRequest, _fingerpost_core_v1_RecordDeliveryResponse, _fingerpost_core_v1_RecordDeliveryRequest__Output, _fingerpost_core_v1_RecordDeliveryResponse__Output>
  WatchChanges: MethodDefinition<_fingerpost_core_v1_WatchChangesRequest, _fingerpost_core_v1_Change, _fingerpost_core_v1_WatchChangesRequest__Output, _fingerpost_core_v1_Change__Output>
}
