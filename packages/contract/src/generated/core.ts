import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AcknowledgeChangesRequest as _fingerpost_core_v1_AcknowledgeChangesRequest, AcknowledgeChangesRequest__Output as _fingerpost_core_v1_AcknowledgeChangesRequest__Output } from './fingerpost/core/v1/AcknowledgeChangesRequest.ts';
import type { AcknowledgeChangesResponse as _fingerpost_core_v1_AcknowledgeChangesResponse, AcknowledgeChangesResponse__Output as _fingerpost_core_v1_AcknowledgeChangesResponse__Output } from './fingerpost/core/v1/AcknowledgeChangesResponse.ts';
import type { CaaObservation as _fingerpost_core_v1_CaaObservation, CaaObservation__Output as _fingerpost_core_v1_CaaObservation__Output } from './fingerpost/core/v1/CaaObservation.ts';
import type { CertificateChanged as _fingerpost_core_v1_CertificateChanged, CertificateChanged__Output as _fingerpost_core_v1_CertificateChanged__Output } from './fingerpost/core/v1/CertificateChanged.ts';
import type { CertificateError as _fingerpost_core_v1_CertificateError, CertificateError__Output as _fingerpost_core_v1_CertificateError__Output } from './fingerpost/core/v1/CertificateError.ts';
import type { CertificateFacts as _fingerpost_core_v1_CertificateFacts, CertificateFacts__Output as _fingerpost_core_v1_CertificateFacts__Output } from './fingerpost/core/v1/CertificateFacts.ts';
import type { CertificateFailed as _fingerpost_core_v1_CertificateFailed, CertificateFailed__Output as _fingerpost_core_v1_CertificateFailed__Output } from './fingerpost/core/v1/CertificateFailed.ts';
import type { CertificateIssued as _fingerpost_core_v1_CertificateIssued, CertificateIssued__Output as _fingerpost_core_v1_CertificateIssued__Output } from './fingerpost/core/v1/CertificateIssued.ts';
import type { CertificateIssuing as _fingerpost_core_v1_CertificateIssuing, CertificateIssuing__Output as _fingerpost_core_v1_CertificateIssuing__Output } from './fingerpost/core/v1/CertificateIssuing.ts';
import type { Change as _fingerpost_core_v1_Change, Change__Output as _fingerpost_core_v1_Change__Output } from './fingerpost/core/v1/Change.ts';
import type { ClaimDeliveriesRequest as _fingerpost_core_v1_ClaimDeliveriesRequest, ClaimDeliveriesRequest__Output as _fingerpost_core_v1_ClaimDeliveriesRequest__Output } from './fingerpost/core/v1/ClaimDeliveriesRequest.ts';
import type { ClaimDeliveriesResponse as _fingerpost_core_v1_ClaimDeliveriesResponse, ClaimDeliveriesResponse__Output as _fingerpost_core_v1_ClaimDeliveriesResponse__Output } from './fingerpost/core/v1/ClaimDeliveriesResponse.ts';
import type { ClaimDueDomainsRequest as _fingerpost_core_v1_ClaimDueDomainsRequest, ClaimDueDomainsRequest__Output as _fingerpost_core_v1_ClaimDueDomainsRequest__Output } from './fingerpost/core/v1/ClaimDueDomainsRequest.ts';
import type { ClaimDueDomainsResponse as _fingerpost_core_v1_ClaimDueDomainsResponse, ClaimDueDomainsResponse__Output as _fingerpost_core_v1_ClaimDueDomainsResponse__Output } from './fingerpost/core/v1/ClaimDueDomainsResponse.ts';
import type { ClickColumns as _fingerpost_core_v1_ClickColumns, ClickColumns__Output as _fingerpost_core_v1_ClickColumns__Output } from './fingerpost/core/v1/ClickColumns.ts';
import type { CoreApiClient as _fingerpost_core_v1_CoreApiClient, CoreApiDefinition as _fingerpost_core_v1_CoreApiDefinition } from './fingerpost/core/v1/CoreApi.ts';
import type { Delivery as _fingerpost_core_v1_Delivery, Delivery__Output as _fingerpost_core_v1_Delivery__Output } from './fingerpost/core/v1/Delivery.ts';
import type { DescribeHostnameRequest as _fingerpost_core_v1_DescribeHostnameRequest, DescribeHostnameRequest__Output as _fingerpost_core_v1_DescribeHostnameRequest__Output } from './fingerpost/core/v1/DescribeHostnameRequest.ts';
import type { DescribeHostnameResponse as _fingerpost_core_v1_DescribeHostnameResponse, DescribeHostnameResponse__Output as _fingerpost_core_v1_DescribeHostnameResponse__Output } from './fingerpost/core/v1/DescribeHostnameResponse.ts';
import type { Domain as _fingerpost_core_v1_Domain, Domain__Output as _fingerpost_core_v1_Domain__Output } from './fingerpost/core/v1/Domain.ts';
import type { DueDomain as _fingerpost_core_v1_DueDomain, DueDomain__Output as _fingerpost_core_v1_DueDomain__Output } from './fingerpost/core/v1/DueDomain.ts';
import type { Evidence as _fingerpost_core_v1_Evidence, Evidence__Output as _fingerpost_core_v1_Evidence__Output } from './fingerpost/core/v1/Evidence.ts';
import type { Heartbeat as _fingerpost_core_v1_Heartbeat, Heartbeat__Output as _fingerpost_core_v1_Heartbeat__Output } from './fingerpost/core/v1/Heartbeat.ts';
import type { HostnameChanged as _fingerpost_core_v1_HostnameChanged, HostnameChanged__Output as _fingerpost_core_v1_HostnameChanged__Output } from './fingerpost/core/v1/HostnameChanged.ts';
import type { HostnameState as _fingerpost_core_v1_HostnameState, HostnameState__Output as _fingerpost_core_v1_HostnameState__Output } from './fingerpost/core/v1/HostnameState.ts';
import type { HostnamesPage as _fingerpost_core_v1_HostnamesPage, HostnamesPage__Output as _fingerpost_core_v1_HostnamesPage__Output } from './fingerpost/core/v1/HostnamesPage.ts';
import type { Link as _fingerpost_core_v1_Link, Link__Output as _fingerpost_core_v1_Link__Output } from './fingerpost/core/v1/Link.ts';
import type { LinkChanged as _fingerpost_core_v1_LinkChanged, LinkChanged__Output as _fingerpost_core_v1_LinkChanged__Output } from './fingerpost/core/v1/LinkChanged.ts';
import type { ListHostnamesRequest as _fingerpost_core_v1_ListHostnamesRequest, ListHostnamesRequest__Output as _fingerpost_core_v1_ListHostnamesRequest__Output } from './fingerpost/core/v1/ListHostnamesRequest.ts';
import type { LookupLinkRequest as _fingerpost_core_v1_LookupLinkRequest, LookupLinkRequest__Output as _fingerpost_core_v1_LookupLinkRequest__Output } from './fingerpost/core/v1/LookupLinkRequest.ts';
import type { LookupLinkResponse as _fingerpost_core_v1_LookupLinkResponse, LookupLinkResponse__Output as _fingerpost_core_v1_LookupLinkResponse__Output } from './fingerpost/core/v1/LookupLinkResponse.ts';
import type { ProbeObservation as _fingerpost_core_v1_ProbeObservation, ProbeObservation__Output as _fingerpost_core_v1_ProbeObservation__Output } from './fingerpost/core/v1/ProbeObservation.ts';
import type { Propagation as _fingerpost_core_v1_Propagation, Propagation__Output as _fingerpost_core_v1_Propagation__Output } from './fingerpost/core/v1/Propagation.ts';
import type { RecordCertificateRequest as _fingerpost_core_v1_RecordCertificateRequest, RecordCertificateRequest__Output as _fingerpost_core_v1_RecordCertificateRequest__Output } from './fingerpost/core/v1/RecordCertificateRequest.ts';
import type { RecordCertificateResponse as _fingerpost_core_v1_RecordCertificateResponse, RecordCertificateResponse__Output as _fingerpost_core_v1_RecordCertificateResponse__Output } from './fingerpost/core/v1/RecordCertificateResponse.ts';
import type { RecordCheckRequest as _fingerpost_core_v1_RecordCheckRequest, RecordCheckRequest__Output as _fingerpost_core_v1_RecordCheckRequest__Output } from './fingerpost/core/v1/RecordCheckRequest.ts';
import type { RecordCheckResponse as _fingerpost_core_v1_RecordCheckResponse, RecordCheckResponse__Output as _fingerpost_core_v1_RecordCheckResponse__Output } from './fingerpost/core/v1/RecordCheckResponse.ts';
import type { RecordClicksRequest as _fingerpost_core_v1_RecordClicksRequest, RecordClicksRequest__Output as _fingerpost_core_v1_RecordClicksRequest__Output } from './fingerpost/core/v1/RecordClicksRequest.ts';
import type { RecordClicksResponse as _fingerpost_core_v1_RecordClicksResponse, RecordClicksResponse__Output as _fingerpost_core_v1_RecordClicksResponse__Output } from './fingerpost/core/v1/RecordClicksResponse.ts';
import type { RecordDeliveryRequest as _fingerpost_core_v1_RecordDeliveryRequest, RecordDeliveryRequest__Output as _fingerpost_core_v1_RecordDeliveryRequest__Output } from './fingerpost/core/v1/RecordDeliveryRequest.ts';
import type { RecordDeliveryResponse as _fingerpost_core_v1_RecordDeliveryResponse, RecordDeliveryResponse__Output as _fingerpost_core_v1_RecordDeliveryResponse__Output } from './fingerpost/core/v1/RecordDeliveryResponse.ts';
import type { RecordObservation as _fingerpost_core_v1_RecordObservation, RecordObservation__Output as _fingerpost_core_v1_RecordObservation__Output } from './fingerpost/core/v1/RecordObservation.ts';
import type { Reset as _fingerpost_core_v1_Reset, Reset__Output as _fingerpost_core_v1_Reset__Output } from './fingerpost/core/v1/Reset.ts';
import type { Rival as _fingerpost_core_v1_Rival, Rival__Output as _fingerpost_core_v1_Rival__Output } from './fingerpost/core/v1/Rival.ts';
import type { SeenCertificate as _fingerpost_core_v1_SeenCertificate, SeenCertificate__Output as _fingerpost_core_v1_SeenCertificate__Output } from './fingerpost/core/v1/SeenCertificate.ts';
import type { Transition as _fingerpost_core_v1_Transition, Transition__Output as _fingerpost_core_v1_Transition__Output } from './fingerpost/core/v1/Transition.ts';
import type { WatchChangesRequest as _fingerpost_core_v1_WatchChangesRequest, WatchChangesRequest__Output as _fingerpost_core_v1_WatchChangesRequest__Output } from './fingerpost/core/v1/WatchChangesRequest.ts';
import type { WebhookEndpoint as _fingerpost_core_v1_WebhookEndpoint, WebhookEndpoint__Output as _fingerpost_core_v1_WebhookEndpoint__Output } from './fingerpost/core/v1/WebhookEndpoint.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  fingerpost: {
    core: {
      v1: {
        AcknowledgeChangesRequest: MessageTypeDefinition<_fingerpost_core_v1_AcknowledgeChangesRequest, _fingerpost_core_v1_AcknowledgeChangesRequest__Output>
        AcknowledgeChangesResponse: MessageTypeDefinition<_fingerpost_core_v1_AcknowledgeChangesResponse, _fingerpost_core_v1_AcknowledgeChangesResponse__Output>
        CaaObservation: MessageTypeDefinition<_fingerpost_core_v1_CaaObservation, _fingerpost_core_v1_CaaObservation__Output>
        CertificateChanged: MessageTypeDefinition<_fingerpost_core_v1_CertificateChanged, _fingerpost_core_v1_CertificateChanged__Output>
        CertificateError: MessageTypeDefinition<_fingerpost_core_v1_CertificateError, _fingerpost_core_v1_CertificateError__Output>
        CertificateFacts: MessageTypeDefinition<_fingerpost_core_v1_CertificateFacts, _fingerpost_core_v1_CertificateFacts__Output>
        CertificateFailed: MessageTypeDefinition<_fingerpost_core_v1_CertificateFailed, _fingerpost_core_v1_CertificateFailed__Output>
        CertificateIssued: MessageTypeDefinition<_fingerpost_core_v1_CertificateIssued, _fingerpost_core_v1_CertificateIssued__Output>
        CertificateIssuing: MessageTypeDefinition<_fingerpost_core_v1_CertificateIssuing, _fingerpost_core_v1_CertificateIssuing__Output>
        CertificateStatus: EnumTypeDefinition
        Change: MessageTypeDefinition<_fingerpost_core_v1_Change, _fingerpost_core_v1_Change__Output>
        ClaimDeliveriesRequest: MessageTypeDefinition<_fingerpost_core_v1_ClaimDeliveriesRequest, _fingerpost_core_v1_ClaimDeliveriesRequest__Output>
        ClaimDeliveriesResponse: MessageTypeDefinition<_fingerpost_core_v1_ClaimDeliveriesResponse, _fingerpost_core_v1_ClaimDeliveriesResponse__Output>
        ClaimDueDomainsRequest: MessageTypeDefinition<_fingerpost_core_v1_ClaimDueDomainsRequest, _fingerpost_core_v1_ClaimDueDomainsRequest__Output>
        ClaimDueDomainsResponse: MessageTypeDefinition<_fingerpost_core_v1_ClaimDueDomainsResponse, _fingerpost_core_v1_ClaimDueDomainsResponse__Output>
        ClickColumns: MessageTypeDefinition<_fingerpost_core_v1_ClickColumns, _fingerpost_core_v1_ClickColumns__Output>
        CoreApi: SubtypeConstructor<typeof grpc.Client, _fingerpost_core_v1_CoreApiClient> & { service: _fingerpost_core_v1_CoreApiDefinition }
        Delivery: MessageTypeDefinition<_fingerpost_core_v1_Delivery, _fingerpost_core_v1_Delivery__Output>
        DescribeHostnameRequest: MessageTypeDefinition<_fingerpost_core_v1_DescribeHostnameRequest, _fingerpost_core_v1_DescribeHostnameRequest__Output>
        DescribeHostnameResponse: MessageTypeDefinition<_fingerpost_core_v1_DescribeHostnameResponse, _fingerpost_core_v1_DescribeHostnameResponse__Output>
        DeviceClass: EnumTypeDefinition
        Domain: MessageTypeDefinition<_fingerpost_core_v1_Domain, _fingerpost_core_v1_Domain__Output>
        DomainStatus: EnumTypeDefinition
        DueDomain: MessageTypeDefinition<_fingerpost_core_v1_DueDomain, _fingerpost_core_v1_DueDomain__Output>
        Evidence: MessageTypeDefinition<_fingerpost_core_v1_Evidence, _fingerpost_core_v1_Evidence__Output>
        Heartbeat: MessageTypeDefinition<_fingerpost_core_v1_Heartbeat, _fingerpost_core_v1_Heartbeat__Output>
        HostnameChanged: MessageTypeDefinition<_fingerpost_core_v1_HostnameChanged, _fingerpost_core_v1_HostnameChanged__Output>
        HostnameState: MessageTypeDefinition<_fingerpost_core_v1_HostnameState, _fingerpost_core_v1_HostnameState__Output>
        HostnamesPage: MessageTypeDefinition<_fingerpost_core_v1_HostnamesPage, _fingerpost_core_v1_HostnamesPage__Output>
        Link: MessageTypeDefinition<_fingerpost_core_v1_Link, _fingerpost_core_v1_Link__Output>
        LinkChanged: MessageTypeDefinition<_fingerpost_core_v1_LinkChanged, _fingerpost_core_v1_LinkChanged__Output>
        ListHostnamesRequest: MessageTypeDefinition<_fingerpost_core_v1_ListHostnamesRequest, _fingerpost_core_v1_ListHostnamesRequest__Output>
        LookupLinkRequest: MessageTypeDefinition<_fingerpost_core_v1_LookupLinkRequest, _fingerpost_core_v1_LookupLinkRequest__Output>
        LookupLinkResponse: MessageTypeDefinition<_fingerpost_core_v1_LookupLinkResponse, _fingerpost_core_v1_LookupLinkResponse__Output>
        ProbeObservation: MessageTypeDefinition<_fingerpost_core_v1_ProbeObservation, _fingerpost_core_v1_ProbeObservation__Output>
        Propagation: MessageTypeDefinition<_fingerpost_core_v1_Propagation, _fingerpost_core_v1_Propagation__Output>
        RecordCertificateRequest: MessageTypeDefinition<_fingerpost_core_v1_RecordCertificateRequest, _fingerpost_core_v1_RecordCertificateRequest__Output>
        RecordCertificateResponse: MessageTypeDefinition<_fingerpost_core_v1_RecordCertificateResponse, _fingerpost_core_v1_RecordCertificateResponse__Output>
        RecordCheckRequest: MessageTypeDefinition<_fingerpost_core_v1_RecordCheckRequest, _fingerpost_core_v1_RecordCheckRequest__Output>
        RecordCheckResponse: MessageTypeDefinition<_fingerpost_core_v1_RecordCheckResponse, _fingerpost_core_v1_RecordCheckResponse__Output>
        RecordClicksRequest: MessageTypeDefinition<_fingerpost_core_v1_RecordClicksRequest, _fingerpost_core_v1_RecordClicksRequest__Output>
        RecordClicksResponse: MessageTypeDefinition<_fingerpost_core_v1_RecordClicksResponse, _fingerpost_core_v1_RecordClicksResponse__Output>
        RecordDeliveryRequest: MessageTypeDefinition<_fingerpost_core_v1_RecordDeliveryRequest, _fingerpost_core_v1_RecordDeliveryRequest__Output>
        RecordDeliveryResponse: MessageTypeDefinition<_fingerpost_core_v1_RecordDeliveryResponse, _fingerpost_core_v1_RecordDeliveryResponse__Output>
        RecordObservation: MessageTypeDefinition<_fingerpost_core_v1_RecordObservation, _fingerpost_core_v1_RecordObservation__Output>
        RecordState: EnumTypeDefinition
        Reset: MessageTypeDefinition<_fingerpost_core_v1_Reset, _fingerpost_core_v1_Reset__Output>
        Rival: MessageTypeDefinition<_fingerpost_core_v1_Rival, _fingerpost_core_v1_Rival__Output>
        SeenCertificate: MessageTypeDefinition<_fingerpost_core_v1_SeenCertificate, _fingerpost_core_v1_SeenCertificate__Output>
        Transition: MessageTypeDefinition<_fingerpost_core_v1_Transition, _fingerpost_core_v1_Transition__Output>
        VisitorKind: EnumTypeDefinition
        WatchChangesRequest: MessageTypeDefinition<_fingerpost_core_v1_WatchChangesRequest, _fingerpost_core_v1_WatchChangesRequest__Output>
        WebhookEndpoint: MessageTypeDefinition<_fingerpost_core_v1_WebhookEndpoint, _fingerpost_core_v1_WebhookEndpoint__Output>
      }
    }
  }
}

