import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';

export function apollo(uri, socket) {
  const isSubscription = ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION;
  const link = ApolloLink.split(isSubscription, new GraphQLWsLink(socket), new HttpLink({ uri }));
  return new ApolloClient({ link, cache: new InMemoryCache() });
}
